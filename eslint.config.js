import { defineConfig } from 'eslint/config'
import js from '@eslint/js'
import tseslint from 'typescript-eslint'

export default defineConfig(
  {
    ignores: ['test/bench/.main.mjs', 'dist/', 'examples/playground/dist/', 'docs/', '.tap/', 'runs/', 'node_modules/'],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/consistent-type-definitions': 'off', // a state must be an interface, a data shape may be a type
      '@typescript-eslint/no-unnecessary-type-parameters': 'off', // P ties a whole tree type, though it stands once
      '@typescript-eslint/consistent-indexed-object-style': 'off', // `{ [k in S]: … }` says what k is
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off', // tfjs recognises Variables by what they have
      '@typescript-eslint/no-unsafe-enum-assignment': 'off', // `verbose: 0` of tfjs-layers
      '@typescript-eslint/unbound-method': 'off', // a transformation is a pair of functions without `this`
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': 'off', // tap's t.test
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['test/types/**/*.ts'], // lines that must not compile are not values
    rules: {
      '@typescript-eslint/no-unused-vars': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  { files: ['**/*.{js,mjs}'], languageOptions: { globals: { console: 'readonly', process: 'readonly' } } },
)

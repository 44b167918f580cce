/** Files that vite serves beside the page; the default export is their address. */
declare module '*.wasm?url' {
  const address: string
  export default address
}
declare module '*.css'
declare module '@tensorflow/tfjs-core/dist/register_all_gradients.js'

/**
 * The environment for programs that a test starts. They run through another loader, whose lines tap would take for ours
 * and count as covered, every one; so their coverage is not measured.
 */
export const childEnv = (): NodeJS.ProcessEnv => ({ ...process.env, _TAPJS_PROCESSINFO_COVERAGE_: '0' })

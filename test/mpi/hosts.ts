/** Two machines on this one: network namespaces with a cable between them, each with a host name of its own. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rankEnv, runJob, type Job, type Launcher } from './launch.js'

export interface Hosts {
  /** the addresses of both */
  readonly addresses: readonly [string, string]
  readonly subnet: string
  /** a program in place of ssh */
  readonly agent: string
  /** what runs a command on the first */
  readonly onFirst: readonly string[]
  /** bytes that the first has sent over the cable */
  readonly sent: () => number
  readonly remove: () => void
}

/** Why there can be no namespaces; null if there can. */
export const noHosts = (): string | null => {
  const name = `tfjs-optax-try-${process.pid}`
  const made = spawnSync('ip', ['netns', 'add', name])
  if (made.error !== undefined) return 'no `ip` to make network namespaces with'
  if (made.status !== 0) return 'network namespaces need root'
  execFileSync('ip', ['netns', 'delete', name])
  return null
}

/** The hosts, with a cable of this many Mbit/s; as fast as this machine can by default. */
export const makeHosts = (mbits?: number): Hosts => {
  const number = process.pid % 250
  const names = [1, 2].map(i => `tfjs-optax-${process.pid}-${i}`)
  const [first = '', second = ''] = names
  const ends = [`to${process.pid}a`, `to${process.pid}b`] as const
  const subnet = `10.77.${number}`
  const addresses = [`${subnet}.1`, `${subnet}.2`] as const
  const ip = (...args: readonly string[]): string => execFileSync('ip', args, { encoding: 'utf8' })
  names.forEach(name => ip('netns', 'add', name))
  ip('link', 'add', ends[0], 'netns', first, 'type', 'veth', 'peer', 'name', ends[1], 'netns', second)
  names.forEach((name, i) => {
    ip('-n', name, 'addr', 'add', `${addresses[i] ?? ''}/24`, 'dev', ends[i] ?? '')
    ip('-n', name, 'link', 'set', ends[i] ?? '', 'up')
    ip('-n', name, 'link', 'set', 'lo', 'up')
  })
  // Linux tells of a link after up to a second; UCX passes over one that is not up yet.
  const isUp = (name: string, i: number): boolean => ip('-n', name, 'link', 'show', ends[i] ?? '').includes('state UP')
  for (let tries = 0; !names.every(isUp); tries++) {
    if (tries === 100) throw new Error('the cable between the hosts does not come up')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
  }
  if (mbits !== undefined)
    names.forEach((name, i) => {
      const limit = ['tbf', 'rate', `${mbits}mbit`, 'burst', '64kb', 'latency', '50ms']
      ip('netns', 'exec', name, 'tc', 'qdisc', 'add', 'dev', ends[i] ?? '', 'root', ...limit)
    })
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-optax-hosts-'))
  const agent = join(folder, 'agent.sh')
  // Launchers call it as `agent [options] host command`.
  writeFileSync(
    agent,
    `#!/bin/sh
while [ "\${1#-}" != "$1" ]; do shift; done
case "$1" in *.1) name=${first};; *) name=${second};; esac
host="node-\${1##*.}"; shift
exec ip netns exec "$name" unshare --uts sh -c "hostname $host; $*"
`,
  )
  chmodSync(agent, 0o755)
  return {
    addresses,
    subnet: `${subnet}.0/24`,
    agent,
    onFirst: ['ip', 'netns', 'exec', first, 'unshare', '--uts', 'sh', '-c', 'hostname node-1; exec "$@"', 'sh'],
    sent: () => {
      const [link] = JSON.parse(ip('-n', first, '-j', '-s', 'link', 'show', ends[0])) as [
        { readonly stats64: { readonly tx: { readonly bytes: number } } },
      ]
      return link.stats64.tx.bytes
    },
    remove: () => {
      names.forEach(name => ip('netns', 'delete', name))
      rmSync(folder, { recursive: true })
    },
  }
}

/** Runs a program in two ranks, one on each host. */
export const runOnHosts = (hosts: Hosts, { name }: Launcher, program: readonly string[]): Promise<Job> => {
  const { onFirst, addresses, agent, subnet } = hosts
  const starts =
    name === 'MPICH'
      ? ['mpiexec.mpich', '-launcher', 'ssh', '-launcher-exec', agent, '-hosts', addresses.join(','), '-ppn', '1']
      : [
          // Each host would bind its rank to its first core, which here is the same one.
          ...['mpiexec.openmpi', '--bind-to', 'none'],
          ...['--mca', 'plm_rsh_agent', agent, '--mca', 'pml', 'ob1', '--mca', 'btl', 'tcp,self'],
          ...['--mca', 'btl_tcp_if_include', subnet, '--mca', 'oob_tcp_if_include', subnet],
          ...['-H', addresses.map(one => `${one}:1`).join(',')],
        ]
  const [command = '', ...args] = [...onFirst, ...starts, '-n', '2', process.execPath, ...program]
  return runJob(command, args, rankEnv({ UCX_TLS: 'tcp,self' }))
}

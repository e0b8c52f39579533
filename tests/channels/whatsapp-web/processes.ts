/**
 * The browsers of one profile as Linux sees them, and what memory they take: site.ts and the tests of trouble ask whether
 * one was left behind, and kill one. puppeteer gives each browser a process group, by which all that it began is known
 * also when the browser itself is gone.
 */
import { readdir, readFile } from 'node:fs/promises'

interface Running {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly command: string
}

const kbPerMb = 1024

export class Browsers {
  readonly #mark: string
  readonly #groups = new Set<number>()

  constructor(profile: string) {
    this.#mark = `--user-data-dir=${profile}\0`
  }

  /** The first process of each that runs now. */
  async roots(): Promise<number[]> {
    const roots = (await running()).filter(({ pid, group }) => pid === group).filter(one => this.#isOurs(one))
    for (const { pid } of roots) this.#groups.add(pid)
    return roots.map(({ pid }) => pid)
  }

  /** Processes of browsers that were seen before and are over, and of the profile outside of any browser. */
  async orphans(): Promise<Running[]> {
    const roots = await this.roots()
    return (await running()).filter(
      one => (this.#groups.has(one.group) || this.#isOurs(one)) && !roots.includes(one.group),
    )
  }

  /** Of those that run. */
  async pids(): Promise<number[]> {
    const roots = await this.roots()
    return (await running()).filter(({ group }) => roots.includes(group)).map(({ pid }) => pid)
  }

  /** Without its knowing; resolves to how many processes it had. */
  async kill(signal: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL'): Promise<number> {
    const pids = await this.pids()
    // The first alone: what becomes of the others is to be seen. One that is to stand still stands still as a whole.
    for (const pid of signal === 'SIGSTOP' ? pids : await this.roots()) process.kill(pid, signal)
    return pids.length
  }

  #isOurs({ command }: Running): boolean {
    return `${command}\0`.includes(this.#mark)
  }
}

/** Without those that are dead, and only not buried yet. */
async function running(): Promise<Running[]> {
  const names = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const all = await Promise.all(names.map(async name => readProcess(Number(name)).catch(() => undefined)))
  return all.filter(one => one !== undefined)
}

async function readProcess(pid: number): Promise<Running | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8')
  const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (state === 'Z' || state === 'X') return undefined
  return { pid, parent: Number(parent), group: Number(group), command }
}

export interface Memory {
  /** What each takes for itself and its part of what they share. */
  readonly pssMb: number
  readonly rssMb: number
  readonly processes: number
}

export async function memoryOf(pids: readonly number[]): Promise<Memory> {
  const rollups = await Promise.all(
    pids.map(pid => readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')),
  )
  const sum = (name: string) =>
    rollups.reduce(
      (all, rollup) => all + Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0),
      0,
    )
  const processes = rollups.filter(rollup => rollup !== '').length
  return { pssMb: sum('Pss') / kbPerMb, rssMb: sum('Rss') / kbPerMb, processes }
}

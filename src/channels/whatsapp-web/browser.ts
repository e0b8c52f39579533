/**
 * Ends a Chromium of ours that nobody holds any more: one left by a program that was killed, or one that does not close.
 * The session calls it before each start and after each end. Known by the profile's path on its command line, so it is
 * never another Chromium. Linux is read in /proc, macOS by `ps`, Windows by PowerShell (the last two without a test).
 */
import { execFile } from 'node:child_process'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'

interface Running {
  readonly pid: number
  readonly parent: number
  /** The command line; arguments are parted by a zero byte where the system tells them apart. */
  readonly command: string
}

/** A killed process is gone after so long, unless its disk hangs. */
const dyingMs = 3000

/** Throws where another program is at work with the same profile. */
export async function sweep(profile: string): Promise<void> {
  const all = await running()
  const ours = all.filter(({ command }) => usesProfile(command, profile))
  const holder = all.find(({ pid, command }) => isNode(command) && ours.some(({ parent }) => parent === pid))
  if (holder && holder.pid !== process.pid)
    throw new Error(`another program (process ${holder.pid}) runs this WhatsApp session`)
  const doomed = treeOf(ours, all)
  for (const { pid } of doomed) kill(pid)
  await gone(doomed.map(({ pid }) => pid))
  // Of a machine with another name (a container made anew) Chromium would believe that it still runs.
  for (const name of ['SingletonLock', 'SingletonSocket', 'SingletonCookie'])
    await rm(join(profile, name), { force: true })
}

/** The path up to its end: a profile whose name only begins like ours is another's. */
export function usesProfile(command: string, profile: string): boolean {
  const [, ...rests] = command.split(`--user-data-dir=${profile}`)
  return rests.some(rest => /^(?:$|[\0\s"])/.test(rest))
}

/** Their children too: a crash handler does not name the profile. */
function treeOf(roots: readonly Running[], all: readonly Running[]): Running[] {
  const tree = new Set(roots)
  // Grows while it is walked.
  for (const { pid } of tree) for (const child of all) if (child.parent === pid) tree.add(child)
  return [...tree]
}

const isNode = (command: string) => /^"?(?:[^\0"]*[\\/])?node(?:\.exe)?(?:$|[\0\s"])/.test(command)

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

/** One that is dead, but that nobody has buried, has no command line any more. */
async function gone(pids: readonly number[]): Promise<void> {
  const late = AbortSignal.timeout(dyingMs)
  const isLeft = ({ pid }: Running) => pids.includes(pid)
  while (pids.length > 0 && !late.aborted && (await running()).some(isLeft)) await setTimeout(20)
}

function running(): Promise<Running[]> {
  if (process.platform === 'linux') return runningOnLinux()
  return process.platform === 'win32' ? listed('powershell.exe', windowsList) : listed('ps', posixList)
}

async function runningOnLinux(): Promise<Running[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const all = await Promise.all(
    pids.map(async pid => {
      const [command, stat] = await Promise.all(
        ['cmdline', 'stat'].map(name => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
      )
      // `pid (name) state parent …`; the name may hold anything.
      const [state, parent] = (stat ?? '').slice((stat ?? '').lastIndexOf(')') + 2).split(' ')
      return { pid: Number(pid), parent: Number(parent), command: state === 'Z' ? '' : (command ?? '') }
    }),
  )
  return all.filter(({ command }) => command !== '')
}

const posixList = ['-axo', 'pid=,ppid=,command=']
const windowsList = [
  '-NoProfile',
  '-Command',
  'Get-CimInstance Win32_Process | ForEach-Object { "$($_.ProcessId) $($_.ParentProcessId) $($_.CommandLine)" }',
]

async function listed(program: string, args: readonly string[]): Promise<Running[]> {
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 2 ** 26, windowsHide: true })
  return [...stdout.matchAll(/^\s*(\d+)\s+(\d+)\s+(.*)$/gm)].map(([, pid, parent, command = '']) => ({
    pid: Number(pid),
    parent: Number(parent),
    command,
  }))
}

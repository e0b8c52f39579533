/** The program as a process of its own, as `npm start` runs it: for the tests that start, ask, stop and kill it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text as readAll } from 'node:stream/consumers'

export interface Program {
  readonly child: ChildProcess
  readonly url: string
  /** Everything printed so far. */
  printed(): string
  faults(): string
  /** Resolves to its exit code. */
  readonly ended: Promise<number | null>
}

const running = new Set<ChildProcess>()

/** For `afterEach`. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL')
}

/** Resolves once it answers or has ended. */
export async function startProgram(environment: Record<string, string>): Promise<Program> {
  const child = spawn(process.execPath, ['--import', './src/cache.ts', 'src/main.ts'], {
    env: { ...bare(), PORT: '0', ...environment },
  })
  running.add(child)
  let [printed, faults] = ['', '']
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child)
    return code as number | null
  })
  child.stderr.on('data', data => {
    faults += data
  })
  const url = await new Promise<string>(done => {
    void ended.then(() => done(''))
    child.stdout.on('data', data => {
      printed += data
      const at = /http:\/\/localhost:\d+(?=\n)/.exec(printed)?.[0]
      if (at && printed.includes('Off: ')) done(at)
    })
  })
  return { child, url, printed: () => printed, faults: () => faults, ended }
}

export interface Ended {
  readonly code: number | null
  readonly printed: string
  readonly faults: string
}

/** One of the other commands, as `npm run` runs it, given this to read. */
export async function runCommand(
  name: string,
  args: readonly string[],
  environment: Record<string, string>,
  input = '',
): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', './src/cache.ts', `src/${name}.ts`, ...args], {
    env: { ...bare(), ...environment },
  })
  child.stdin.on('error', () => {}).end(input)
  const [printed, faults, [code]] = await Promise.all([
    readAll(child.stdout),
    readAll(child.stderr),
    once(child, 'close'),
  ])
  return { code, printed, faults }
}

/** The environment of the tests without what the program reads of it. */
export function bare(): NodeJS.ProcessEnv {
  const read = /^(?:PORT|DATABASE_URL|DATA_DIR|LOG_LEVEL|(?:TELEGRAM|WHATSAPP)_.*)$/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !read.test(name)))
}

/** How long something takes, but for what other tests and programs on the same machine did meanwhile. */
import { onTestFinished } from 'vitest'

/** Milliseconds of the processor's, which others may have in between. They come in steps of some milliseconds. */
export function workMs(run: () => unknown): number {
  const before = process.threadCpuUsage()
  run()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

const tickMs = 10

/**
 * Milliseconds that this process had to itself, from now on until it is asked: while it stands still no timer comes, and
 * those that were missed do not come later. Never more than have passed.
 */
export function countLiveMs(): () => number {
  let ticks = 0
  const timer = setInterval(() => ticks++, tickMs)
  onTestFinished(() => clearInterval(timer))
  return () => ticks * tickMs
}

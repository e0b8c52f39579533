/** A real browser out of npm, for the tests of the page and for looking at it. */
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright } from 'playwright-core'

/**
 * Without the package's own arguments, which are for cloud functions: one process for all, which ends with the first
 * page closed, and no same-origin rules, without which a test of them proves nothing.
 */
export async function openBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    // In a container we are root, for whom Chromium's sandbox does not start.
    args: ['--no-sandbox', '--disable-gpu'],
    headless: true,
  })
}

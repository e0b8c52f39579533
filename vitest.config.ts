import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/postgres.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What must come gets time to: on a busy machine a second is soon over.
    expect: { poll: { timeout: 10_000 } },
    // Twice the cores of a small machine: many tests wait for a clock.
    maxWorkers: 4,
    // A file finds what an earlier one imported: some 40 s less of 5 minutes. No test may leave anything behind.
    isolate: false,
  },
})

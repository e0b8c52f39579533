import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/postgres.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One more than the cores of a small machine: many tests wait for a clock.
    maxWorkers: 3,
    // A file finds what an earlier one imported: some 40 s less of 5 minutes. No test may leave anything behind.
    isolate: false,
  },
})

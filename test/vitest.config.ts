import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/support/fetch.ts'],
    testTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});

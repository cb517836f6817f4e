import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two cores: each file may start servers, threads and children of its own.
    maxWorkers: 2,
    // How long a fault goes unnoticed, not how long anything should take: a loaded machine is no fault.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default', './test/closing-line.ts'],
  },
});

#!/usr/bin/env node
import { run } from './run.js';

run(['src/cli/main.ts', ...process.argv.slice(2)]);

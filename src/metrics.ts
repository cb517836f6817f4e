/** Figures for Prometheus: what this process counts, and what the catalog, the index and the queue say at that moment. */
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';
import { AggregatorRegistry, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { createCounters, type Counters } from './metrics-counted.ts';
import { createGauges, type FigureReaders } from './metrics-read.ts';

export interface MetricsOptions {
  /** `all`, `web` or `worker`. */
  role?: string;
  version?: string;
  now?: () => number;
  /** Whether this is the process's main thread, which is asked; what other threads count is added to it. */
  main?: boolean;
  /** What threads of one process tell each other under. */
  channel?: string;
}

export interface Metrics extends Counters {
  /** Prometheus text; comes within seconds, whatever is away. */
  text(): Promise<string>;
  close(): void;
}

/** How often a thread tells what it counted. */
const TELL_MS = 2_000;
const CHANNEL = 'docent.metrics';

/** @param readers what is read anew each time; a function alone reads the catalog */
export function createMetrics(readers: FigureReaders | FigureReaders['catalog'], options: MetricsOptions = {}): Metrics {
  const { role = 'all', version = 'unknown', now = Date.now, main = isMainThread, channel = CHANNEL } = options;
  const counts = new Registry();
  const counters = createCounters(counts);
  const threads = joinThreads(counts, main, channel);
  const own = new Registry();
  if (!main) return { ...counters, text: () => counts.metrics(), close: threads.close };
  collectDefaultMetrics({ register: own });
  const gauges = createGauges(own, typeof readers === 'function' ? { catalog: readers } : readers, now);
  const info = { name: 'docent_info', help: 'Always 1.', labelNames: ['role', 'version', 'node'], registers: [own] };
  new Gauge(info).set({ role, version, node: process.versions.node }, 1);
  return {
    ...counters,
    async text() {
      await gauges.read();
      const all = AggregatorRegistry.aggregate([await counts.getMetricsAsJSON(), ...threads.counted()]);
      return `${await all.metrics()}\n${await own.metrics()}`;
    },
    close: threads.close,
  };
}

type Counted = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** Other threads of this process count by themselves and tell the main thread, which is the one that is asked. */
function joinThreads(register: Registry, main: boolean, name: string): { counted(): Counted[]; close(): void } {
  const channel = new BroadcastChannel(name);
  channel.unref();
  // A thread that has ended keeps its place: what it counted is not taken back.
  const told = new Map<number, Counted>();
  let timer: NodeJS.Timeout | undefined;
  if (main)
    channel.onmessage = (message) => {
      const { thread, counted } = (message as { data: { thread: number; counted: Counted } }).data;
      told.set(thread, counted);
    };
  else
    timer = setInterval(() => {
      void register.getMetricsAsJSON().then((counted) => channel.postMessage({ thread: threadId, counted }));
    }, TELL_MS).unref();
  return {
    counted: () => [...told.values()],
    close() {
      clearInterval(timer);
      channel.close();
    },
  };
}

import { Counter, Gauge, type Registry } from 'prom-client';
import type { WorkGauges } from './options.ts';

/** Adds the metrics of durable work, which are read from the store when they are scraped. */
export function addWork(registry: Registry, read: () => Promise<WorkGauges>): void {
  const registers = [registry];
  // Metrics that are scraped together share one look at the store.
  let reading: Promise<WorkGauges> | null = null;
  const figures = () => {
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  };
  new Gauge({
    name: 'foz_jobs',
    help: 'Jobs in the store: due, claimed by a process, or waiting for their time, their key or their queue',
    labelNames: ['kind', 'state'],
    registers,
    async collect() {
      const { queues } = await figures();
      this.reset();
      for (const { kind, due, claimed, waiting } of queues)
        for (const [state, number] of Object.entries({ due, claimed, waiting }))
          this.set({ kind, state }, number);
    },
  });
  new Gauge({
    name: 'foz_job_oldest_seconds',
    help: 'How long the oldest due job has been due',
    labelNames: ['kind'],
    registers,
    async collect() {
      const { queues } = await figures();
      this.reset();
      for (const { kind, oldestSeconds } of queues) this.set({ kind }, oldestSeconds ?? 0);
    },
  });
  new Counter({
    name: 'foz_delivery_attempts_total',
    help: 'Attempts of this process to deliver an event: delivered, failed (another one follows) or dead',
    labelNames: ['endpoint', 'result'],
    registers,
    async collect() {
      const { attempts } = await figures();
      this.reset();
      for (const { endpoint, result, number } of attempts) this.inc({ endpoint, result }, number);
    },
  });
  new Counter({
    name: 'foz_event_trigger_gaps_total',
    help: 'How often this process has found changes missing that an event trigger should deliver',
    labelNames: ['trigger'],
    registers,
    async collect() {
      const { gaps } = await figures();
      this.reset();
      for (const { trigger, number } of gaps) this.inc({ trigger }, number);
    },
  });
}

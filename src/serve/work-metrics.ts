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
  addSyncs(registers, figures);
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

function addSyncs(registers: Registry[], figures: () => Promise<WorkGauges>): void {
  new Gauge({
    name: 'foz_sync_lag_seconds',
    help: 'From the last commit that a sync has read to the time at which it had been applied; 0: there is nothing to apply',
    labelNames: ['sync'],
    registers,
    async collect() {
      const { syncs } = await figures();
      this.reset();
      for (const { name: sync, lagMs } of syncs) if (lagMs !== null) this.set({ sync }, lagMs / 1000);
    },
  });
  new Counter({
    name: 'foz_sync_rows_total',
    help: 'Rows that a sync has written: inserted, updated, deleted',
    labelNames: ['sync', 'write'],
    registers,
    async collect() {
      const { syncs } = await figures();
      this.reset();
      for (const { name: sync, inserted, updated, deleted } of syncs)
        for (const [write, number] of Object.entries({ inserted, updated, deleted }))
          this.inc({ sync, write }, number);
    },
  });
  new Gauge({
    name: 'foz_sync_problems',
    help: 'Rows that are not in step: refused by a database, or in conflict',
    labelNames: ['sync', 'kind'],
    registers,
    async collect() {
      const { syncs } = await figures();
      this.reset();
      for (const { name: sync, refused, conflicts } of syncs)
        for (const [kind, number] of Object.entries({ refused, conflict: conflicts }))
          this.set({ sync, kind }, number);
    },
  });
}

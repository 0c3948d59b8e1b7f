import { type Command, Option } from 'commander';
import { report } from '../report.ts';
import { endpoint, secretFile } from './options.ts';

/** Commands about triggers and their deliveries. */
export function addTriggerCommands(program: Command): void {
  const trigger = program
    .command('trigger')
    .description('triggers and their deliveries, on a server that runs');
  const command = (usage: string, description: string) =>
    trigger
      .command(usage)
      .description(description)
      .option(...endpoint)
      .option(...secretFile)
      .option('--json', 'for machines');
  const state = () =>
    new Option('--state <state>', 'only in this state').choices(['pending', 'delivered', 'dead']);

  command('list', 'the triggers and their states').action((options) =>
    report(async () => (await import('../trigger.ts')).listTriggers(options)),
  );

  command('show', 'a trigger and its entry in the metadata')
    .argument('<name>')
    .action((name, options) =>
      report(async () => (await import('../trigger.ts')).showTrigger(name, options)),
    );

  for (const [action, description] of [
    ['pause', 'make no attempts until the trigger is resumed; deliveries are added meanwhile'],
    ['resume', 'make attempts again'],
  ] as const)
    command(action, description)
      .argument('<name>')
      .action((name, options) =>
        report(async () => (await import('../trigger.ts')).pauseTrigger(name, action === 'pause', options)),
      );

  command('invoke', 'deliver now: a row that is there, or what a cron trigger delivers')
    .argument('<name>')
    .argument('[input]', `JSON: the key of the row, as '{"id": 7}'; of a cron trigger another payload`)
    .action((name, input, options) =>
      report(async () => (await import('../trigger.ts')).invokeTrigger(name, input, options)),
    );

  addDeliveryCommands(command, state);
}

function addDeliveryCommands(
  command: (usage: string, description: string) => Command,
  state: () => Option,
): void {
  command('deliveries', 'deliveries, the latest first')
    .argument('[name]', 'of this trigger only')
    .addOption(state())
    .option('--since <date>', 'added from then on')
    .option('--until <date>', 'added before then')
    .option('--before <id>', 'the page after the delivery with this id')
    .option('--limit <number>', 'how many', '20')
    .option('--attempts', 'with the log of their attempts')
    .action((name, options) =>
      report(async () => (await import('../trigger.ts')).listDeliveries(name, options)),
    );

  command('redeliver', 'deliver what has ended again; by default what is dead')
    .argument('[name]', 'of this trigger')
    .option('--id <id...>', 'these deliveries')
    .addOption(state())
    .option('--since <date>', 'added from then on')
    .option('--until <date>', 'added before then')
    .option('--limit <number>', 'how many at most, the oldest first', '1000')
    .action((name, options) => report(async () => (await import('../trigger.ts')).redeliver(name, options)));
}

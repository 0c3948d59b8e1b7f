import { MailClient, type OutboundConfig, OutboundError, smtpOf } from '../../outbound/index.ts';
import type { StepServices } from '../../workflow/index.ts';

/** Sends the mails of steps by the mail servers of the configuration. */
export function mailService(config: OutboundConfig): NonNullable<StepServices['mail']> {
  const client = new MailClient({ config });
  const entries = new Map((config.credentials ?? []).map((entry) => [entry.name, entry]));
  return {
    async send(credential, message, signal) {
      const entry = entries.get(credential);
      if (entry === undefined)
        throw new OutboundError(
          'credential',
          `There is no credential "${credential}": create it in outbound.credentials, or correct its name`,
        );
      return client.send(smtpOf(entry), message, signal);
    },
  };
}

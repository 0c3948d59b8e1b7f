import type { ControlPlane, FozConfig } from '../../control/index.ts';
import { FozError } from '../../core/index.ts';
import type { HttpClient } from '../../outbound/index.ts';
import type { SourceRegistry } from '../../views/index.ts';
import { Scripts, type StepServices } from '../../workflow/index.ts';
import { httpService } from './http-service.ts';
import { mailService } from './mail-service.ts';
import type { OwnOperations } from './own-operations.ts';
import { sqlStatements } from './sql-statements.ts';
import { transactions } from './transactions.ts';

/** The parts of the server that the services of steps are made from. */
export interface ServiceOptions {
  readonly secrets: ControlPlane['secrets'];
  readonly audit: ControlPlane['audit'];
  readonly registry: SourceRegistry;
  readonly config: Pick<FozConfig, 'workflow' | 'outbound'>;
}

/** The services of steps: GraphQL, SQL, HTTP, mail, scripts. */
export interface OpenServices {
  readonly services: StepServices;
  /** Sets what runs the operations of steps. Before, they are refused. */
  useGraphql(graphql: OwnOperations): void;
  close(): Promise<void>;
}

/** Opens the services of steps. `http`: the client of requests whose URLs come from metadata. */
export function stepServices(options: ServiceOptions, http: HttpClient): OpenServices {
  let graphql: OwnOperations = async () => {
    throw new FozError('unavailable', 'Foz is starting.');
  };
  const requests = httpService(http, options.config.outbound ?? {}, options.secrets);
  const scripts = new Scripts();
  return {
    services: {
      graphql: (request) => graphql(request),
      http: requests,
      mail: mailService(options.config.outbound ?? {}),
      scripts,
      sql: sqlStatements(options),
      transaction: transactions(options, (request, within) => graphql(request, within)),
    },
    useGraphql(service) {
      graphql = service;
    },
    async close() {
      await scripts.close();
      await requests.close();
    },
  };
}

import { describeIntrospection } from '../postgres/introspect.ts';
import { inProcess } from '../postgres/support.ts';

describeIntrospection(inProcess);

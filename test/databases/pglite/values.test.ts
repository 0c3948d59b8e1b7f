import { inProcess } from '../postgres/support.ts';
import { describeValues } from '../postgres/values.ts';

describeValues(inProcess);

import { unreachable } from '../../core/index.ts';
import type { Mutation, Select, WriteAnswer } from '../../plan/index.ts';
import { placing } from '../failures.ts';
import { listText } from '../fetch.ts';
import { runDelete, runUpdate } from './change.ts';
import { runInsert } from './insert.ts';
import type { WriteSession } from './session.ts';

/** Runs a mutation field. Returns the JSON text of its answer. */
export async function runMutation(session: WriteSession, mutation: Mutation): Promise<string> {
  const { answer, table } = mutation;
  const selects = selectsOf(answer);
  switch (mutation.kind) {
    case 'insert': {
      const { keys, affected } = await runInsert(session, mutation.insert, selects.length > 0);
      const written = keys.filter((key) => key !== null);
      const texts: string[][] = [];
      for (const select of selects)
        texts.push((await session.texts(select, written)).filter((text) => text !== undefined));
      return answerText(answer, affected, texts);
    }
    case 'update': {
      const { affected, texts } = await runUpdate(session, table, mutation.update, selects);
      return answerText(answer, affected, texts);
    }
    case 'update many': {
      const answers: string[] = [];
      for (const update of mutation.updates) {
        const { affected, texts } = await session.within('one of the updates', () =>
          placing(update.path, () => runUpdate(session, table, update, selects)),
        );
        answers.push(answerText(answer, affected, texts));
      }
      return listText(answers);
    }
    case 'delete': {
      const { affected, texts } = await runDelete(session, mutation, selects);
      return answerText(answer, affected, texts);
    }
    default:
      return unreachable(mutation);
  }
}

function selectsOf(answer: WriteAnswer): Select[] {
  if (answer.kind === 'row') return [answer.select];
  return answer.parts.flatMap((part) => (part.kind === 'returning' ? [part.select] : []));
}

function answerText(answer: WriteAnswer, affected: number, texts: readonly (readonly string[])[]): string {
  if (answer.kind === 'row') return texts[0]?.[0] ?? 'null';
  let returning = 0;
  const parts = answer.parts.map((part) => {
    const key = JSON.stringify(part.key);
    if (part.kind === 'constant') return `${key}:${part.json}`;
    return part.kind === 'affected_rows'
      ? `${key}:${affected}`
      : `${key}:${listText(texts[returning++] ?? [])}`;
  });
  return `{${parts.join(',')}}`;
}

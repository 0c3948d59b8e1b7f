// Many distinct operations: more than the caches of plans and documents can hold.
const metricOf = async (url, name) => {
  const text = await (await fetch(new URL('/metrics', url))).text();
  return Number(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (.*)$`, 'm').exec(text)?.[1]);
};

export const floods = {
  'flood of aliases': {
    what: '150 operations of 4,900 aliases each and 300 of 900, no two alike, six at a time',
    heapMb: 512,
    mostMb: 900,
    tables: ['create table item (id int primary key)', 'insert into item values (1)'],
    async run({ url, ask }) {
      let next = 0;
      let answered = 0;
      const client = async () => {
        for (let at = next++; at < 450; at = next++) {
          const fields = Array.from({ length: at < 150 ? 4900 : 900 }, (_, field) => `a${at}_${field}: id`);
          const { data } = await ask(`{ item(limit: 1) { ${fields.join(' ')} } }`);
          if (data !== undefined) answered++;
        }
      };
      await Promise.all(Array.from({ length: 6 }, client));
      const mb = async (name) => Math.round((await metricOf(url, `${name}{cache="plans"}`)) / 2 ** 20);
      const cacheText = `plans hold ${await mb('foz_cache_bytes')} of ${await mb('foz_cache_max_bytes')} MB`;
      return `answered ${answered} of 450; ${cacheText}`;
    },
  },
};

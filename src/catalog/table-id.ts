/** `shop.public.orders`, or `shop.orders` on engines without namespaces. */
export function tableId(source: string, namespace: string | null, name: string): string {
  return namespace === null ? `${source}.${name}` : `${source}.${namespace}.${name}`;
}

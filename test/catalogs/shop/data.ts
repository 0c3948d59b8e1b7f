import type { TableRows } from '../content.ts';
import { categories, products, productTags, reviews, stock, tags, warehouses } from './data/goods.ts';
import { everyType, groups, longName, oddNames, settings, texts, visits } from './data/odd.ts';
import { addresses, customers, departments, employees } from './data/people.ts';
import { orderItems, orders, payments, returns } from './data/trade.ts';

/** All rows of the shop; referenced tables come first (departments and employees refer to each other). */
export const shopRows: readonly TableRows[] = [
  customers,
  addresses,
  categories,
  products,
  tags,
  productTags,
  warehouses,
  stock,
  departments,
  employees,
  orders,
  orderItems,
  returns,
  payments,
  reviews,
  everyType,
  texts,
  visits,
  groups,
  settings,
  oddNames,
  longName,
];

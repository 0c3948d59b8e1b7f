-- The shop, in SQLite's idiom: declared types as other engines would, enums as checks.

create table customers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email VARCHAR(80) not null unique,
  full_name VARCHAR(60) not null,
  nickname VARCHAR(30),
  status TEXT not null default 'active' CHECK (status IN ('active', 'closed', 'paused')),
  is_vip BOOLEAN not null default false,
  birthday DATE,
  balance DECIMAL(12, 2) not null default 0,
  points INTEGER default 0,
  created_at TIMESTAMP not null default '2024-01-01 00:00:00',
  version INTEGER not null default 1
);

create table addresses (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer_id INTEGER not null references customers (id) on delete cascade,
  label VARCHAR(20) not null,
  street VARCHAR(80) not null,
  city VARCHAR(40) not null,
  postcode VARCHAR(12),
  country CHAR(2) not null default 'nl',
  constraint addresses_customer_label_key unique (customer_id, label)
);

create table categories (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  parent_id INTEGER references categories (id),
  name VARCHAR(40) not null unique,
  position SMALLINT not null default 0
);

create table products (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sku VARCHAR(20) not null unique,
  name VARCHAR(60) not null,
  category_id INTEGER references categories (id),
  price DECIMAL(12, 2) not null constraint products_price_check check (price >= 0),
  cost DECIMAL(12, 2),
  margin DECIMAL(12, 2) generated always as (price - cost) stored,
  weight_grams INTEGER,
  description TEXT,
  attributes JSON,
  active BOOLEAN not null default true,
  released_on DATE
);
create index products_category_idx on products (category_id);

create table tags (
  id INTEGER PRIMARY KEY,
  name VARCHAR(30) not null unique
);

create table product_tags (
  product_id INTEGER not null references products (id) on delete cascade,
  tag_id INTEGER not null references tags (id),
  added_on DATE not null default '2024-01-01',
  note VARCHAR(60),
  primary key (product_id, tag_id)
);

create table warehouses (
  code CHAR(3) primary key,
  city VARCHAR(40) not null,
  capacity INTEGER not null
);

create table stock (
  warehouse_code CHAR(3) not null references warehouses (code),
  product_id INTEGER not null references products (id),
  quantity INTEGER not null default 0,
  reserved INTEGER,
  counted_at TIMESTAMP,
  primary key (warehouse_code, product_id),
  constraint stock_quantity_check check (quantity >= 0)
);

create table departments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name VARCHAR(40) not null unique,
  head_id INTEGER references employees (id)
);

create table employees (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name VARCHAR(60) not null,
  title VARCHAR(60) not null,
  manager_id INTEGER references employees (id),
  department_id INTEGER references departments (id),
  salary DECIMAL(12, 2),
  hired_on DATE not null
);

create table orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer_id INTEGER not null references customers (id),
  billing_address_id INTEGER not null references addresses (id),
  shipping_address_id INTEGER references addresses (id),
  seller_id INTEGER references employees (id),
  status TEXT not null default 'cart' CHECK (status IN ('cancelled', 'cart', 'paid', 'placed', 'shipped')),
  placed_at TIMESTAMP not null,
  shipped_at TIMESTAMP,
  coupon VARCHAR(20),
  total DECIMAL(12, 2) not null default 0
);
create index orders_customer_idx on orders (customer_id, placed_at);

create table order_items (
  order_id INTEGER not null references orders (id) on delete cascade,
  line_no SMALLINT not null,
  product_id INTEGER not null references products (id),
  quantity INTEGER not null constraint order_items_quantity_check check (quantity > 0),
  unit_price DECIMAL(12, 2) not null,
  discount DOUBLE,
  line_total DECIMAL(12, 2) generated always as (quantity * unit_price) stored,
  primary key (order_id, line_no),
  constraint order_items_order_product_key unique (order_id, product_id)
);

create table returns (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id INTEGER,
  line_no SMALLINT,
  reason VARCHAR(80) not null,
  refunded DECIMAL(12, 2),
  constraint returns_item_fkey foreign key (order_id, line_no) references order_items (order_id, line_no)
);

create table payments (
  id BIGINT primary key,
  order_id INTEGER not null references orders (id),
  method TEXT not null CHECK (method IN ('card', 'cash', 'invoice', 'voucher')),
  amount DECIMAL(12, 2) not null,
  reference UUID unique,
  paid_at TIMESTAMPTZ not null
);

create table reviews (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  product_id INTEGER not null references products (id),
  customer_id INTEGER references customers (id),
  rating SMALLINT not null constraint reviews_rating_check check (rating between 1 and 5),
  title VARCHAR(60),
  body TEXT,
  created_at TIMESTAMP not null default current_timestamp,
  constraint reviews_product_customer_key unique (product_id, customer_id)
);

create table every_type (
  id INTEGER primary key,
  a_boolean BOOLEAN,
  a_smallint SMALLINT,
  an_int INTEGER,
  a_bigint BIGINT,
  a_numeric DECIMAL(12, 2),
  a_real REAL,
  a_float DOUBLE,
  a_varchar VARCHAR(20),
  a_text TEXT,
  a_uuid UUID,
  a_date DATE,
  a_time TIME,
  a_timestamp TIMESTAMP,
  a_timestamptz TIMESTAMPTZ,
  a_json JSON,
  a_bytea BLOB,
  an_enum TEXT CHECK (an_enum IN ('calm', 'happy', 'sad'))
);

create table texts (
  id INTEGER primary key,
  kind VARCHAR(20) not null,
  value TEXT not null
);

-- No key at all, and rows that are equal.
create table visits (
  customer_id INTEGER,
  page VARCHAR(40) not null,
  seconds INTEGER,
  visited_on DATE not null
);

create table "group" (
  "key" INTEGER primary key,
  "order" VARCHAR(20) not null,
  "where" VARCHAR(20)
);

create table "SETTINGS" (
  "NAME" VARCHAR(30) primary key,
  "VALUE" VARCHAR(60),
  "Changed" DATE
);

create table "odd ""table"" [of] `names`?" (
  "id" INTEGER primary key,
  "select" VARCHAR(20),
  "two words" VARCHAR(20),
  "double""quote" VARCHAR(20),
  "single'quote" VARCHAR(20),
  "back`tick" VARCHAR(20),
  "brack[et]" VARCHAR(20),
  "what?" VARCHAR(20),
  "$1" INTEGER,
  ":colon" INTEGER,
  "back\slash" VARCHAR(20),
  "größe" INTEGER,
  "1st" TEXT CHECK ("1st" IN ('1st', 'two words', 'ünïcode')),
  "a.b;c--d" INTEGER,
  "percent%s" INTEGER,
  "__hidden" INTEGER,
  "a_column_name_of_sixty_three_characters_that_no_reader_wants_to" INTEGER,
  "GROUP" INTEGER constraint "odd ""to"" group" references "group" ("key")
);

create table "a_table_name_of_sixty_three_characters_that_no_reader_wants_too" (
  "id" INTEGER primary key,
  "odd id" INTEGER references "odd ""table"" [of] `names`?" ("id"),
  "value" VARCHAR(20)
);

create view active_products as
  select p.id, p.sku, p.name, p.price, p.released_on, c.name as category
  from products p left join categories c on c.id = p.category_id
  where p.active;

create view customer_totals as
  select c.id as customer_id, c.email, cast(count(o.id) as bigint) as orders, cast(sum(o.total) as DECIMAL(14, 2)) as spent
  from customers c left join orders o on o.customer_id = c.id
  group by c.id, c.email;

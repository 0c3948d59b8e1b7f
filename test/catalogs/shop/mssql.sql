-- The shop, in SQL Server's idiom: enums and documents as checks.

create table customers (
  id int identity constraint customers_pkey primary key,
  email nvarchar(80) not null,
  full_name nvarchar(60) not null,
  nickname nvarchar(30),
  status varchar(60) not null default 'active' check (status in ('active', 'closed', 'paused')),
  is_vip bit not null default 0,
  birthday date,
  balance decimal(12, 2) not null default 0,
  points int default 0,
  created_at datetime2(0) not null default '2024-01-01 00:00:00',
  version int not null default 1,
  constraint customers_email_key unique (email)
);

create table addresses (
  id int identity constraint addresses_pkey primary key,
  customer_id int not null,
  label nvarchar(20) not null,
  street nvarchar(80) not null,
  city nvarchar(40) not null,
  postcode nvarchar(12),
  country char(4) not null default 'nl',
  constraint addresses_customer_label_key unique (customer_id, label),
  constraint addresses_customer_id_fkey foreign key (customer_id) references customers (id) on delete cascade
);

create table categories (
  id int identity constraint categories_pkey primary key,
  parent_id int,
  name nvarchar(40) not null constraint categories_name_key unique,
  position smallint not null default 0,
  constraint categories_parent_id_fkey foreign key (parent_id) references categories (id)
);

create table products (
  id int identity constraint products_pkey primary key,
  sku nvarchar(20) not null constraint products_sku_key unique,
  name nvarchar(60) not null,
  category_id int,
  price decimal(12, 2) not null constraint products_price_check check (price >= 0),
  cost decimal(12, 2),
  margin as (cast(price - cost as decimal(12, 2))) persisted,
  weight_grams int,
  description nvarchar(max),
  attributes nvarchar(max) check (isjson(attributes) = 1),
  active bit not null default 1,
  released_on date,
  constraint products_category_id_fkey foreign key (category_id) references categories (id)
);
create index products_category_idx on products (category_id);

create table tags (
  id int identity constraint tags_pkey primary key,
  name nvarchar(30) not null,
  constraint tags_name_key unique (name)
);

create table product_tags (
  product_id int not null,
  tag_id int not null,
  added_on date not null default '2024-01-01',
  note nvarchar(60),
  constraint product_tags_pkey primary key (product_id, tag_id),
  constraint product_tags_product_id_fkey foreign key (product_id) references products (id) on delete cascade,
  constraint product_tags_tag_id_fkey foreign key (tag_id) references tags (id)
);

create table warehouses (
  code char(6) constraint warehouses_pkey primary key,
  city nvarchar(40) not null,
  capacity int not null
);

create table stock (
  warehouse_code char(6) not null,
  product_id int not null,
  quantity int not null default 0,
  reserved int,
  counted_at datetime2(0),
  constraint stock_pkey primary key (warehouse_code, product_id),
  constraint stock_quantity_check check (quantity >= 0),
  constraint stock_warehouse_code_fkey foreign key (warehouse_code) references warehouses (code),
  constraint stock_product_id_fkey foreign key (product_id) references products (id)
);

create table departments (
  id int identity constraint departments_pkey primary key,
  name nvarchar(40) not null constraint departments_name_key unique,
  head_id int
);

create table employees (
  id int identity constraint employees_pkey primary key,
  name nvarchar(60) not null,
  title nvarchar(60) not null,
  manager_id int,
  department_id int,
  salary decimal(12, 2),
  hired_on date not null,
  constraint employees_manager_id_fkey foreign key (manager_id) references employees (id),
  constraint employees_department_id_fkey foreign key (department_id) references departments (id)
);
alter table departments add constraint departments_head_id_fkey foreign key (head_id) references employees (id);

create table orders (
  id int identity constraint orders_pkey primary key,
  customer_id int not null,
  billing_address_id int not null,
  shipping_address_id int,
  seller_id int,
  status varchar(60) not null default 'cart' check (status in ('cancelled', 'cart', 'paid', 'placed', 'shipped')),
  placed_at datetime2(0) not null,
  shipped_at datetime2(0),
  coupon nvarchar(20),
  total decimal(12, 2) not null default 0,
  constraint orders_customer_id_fkey foreign key (customer_id) references customers (id),
  constraint orders_billing_address_id_fkey foreign key (billing_address_id) references addresses (id),
  constraint orders_shipping_address_id_fkey foreign key (shipping_address_id) references addresses (id),
  constraint orders_seller_id_fkey foreign key (seller_id) references employees (id)
);
create index orders_customer_idx on orders (customer_id, placed_at);

create table order_items (
  order_id int not null,
  line_no smallint not null,
  product_id int not null,
  quantity int not null constraint order_items_quantity_check check (quantity > 0),
  unit_price decimal(12, 2) not null,
  discount float,
  line_total as (cast(quantity * unit_price as decimal(12, 2))) persisted,
  constraint order_items_pkey primary key (order_id, line_no),
  constraint order_items_order_product_key unique (order_id, product_id),
  constraint order_items_order_id_fkey foreign key (order_id) references orders (id) on delete cascade,
  constraint order_items_product_id_fkey foreign key (product_id) references products (id)
);

create table returns (
  id int identity constraint returns_pkey primary key,
  order_id int,
  line_no smallint,
  reason nvarchar(80) not null,
  refunded decimal(12, 2),
  constraint returns_item_fkey foreign key (order_id, line_no) references order_items (order_id, line_no)
);

create table payments (
  id bigint constraint payments_pkey primary key,
  order_id int not null,
  method varchar(60) not null check (method in ('card', 'cash', 'invoice', 'voucher')),
  amount decimal(12, 2) not null,
  reference uniqueidentifier,
  paid_at datetimeoffset(0) not null,
  constraint payments_order_id_fkey foreign key (order_id) references orders (id)
);
-- A unique constraint would allow one NULL.
create unique index payments_reference_key on payments (reference) where reference is not null;

create table reviews (
  id int identity constraint reviews_pkey primary key,
  product_id int not null,
  customer_id int,
  rating smallint not null constraint reviews_rating_check check (rating between 1 and 5),
  title nvarchar(60),
  body nvarchar(max),
  created_at datetime2(0) not null default sysutcdatetime(),
  constraint reviews_product_customer_key unique (product_id, customer_id),
  constraint reviews_product_id_fkey foreign key (product_id) references products (id),
  constraint reviews_customer_id_fkey foreign key (customer_id) references customers (id)
);

create table every_type (
  id int constraint every_type_pkey primary key,
  a_boolean bit,
  a_smallint smallint,
  an_int int,
  a_bigint bigint,
  a_numeric decimal(12, 2),
  a_real real,
  a_float float,
  a_varchar nvarchar(20),
  a_text nvarchar(max),
  a_uuid uniqueidentifier,
  a_date date,
  a_time time(6),
  a_timestamp datetime2(6),
  a_timestamptz datetimeoffset(6) null,
  a_json nvarchar(max) check (isjson('[' + a_json + ']') = 1),
  a_bytea varbinary(max),
  an_enum varchar(60) check (an_enum in ('calm', 'happy', 'sad'))
);

create table texts (
  id int constraint texts_pkey primary key,
  kind nvarchar(20) not null,
  value nvarchar(max) not null
);

-- No key at all, and rows that are equal.
create table visits (
  customer_id int,
  page nvarchar(40) not null,
  seconds int,
  visited_on date not null
);

create table "group" (
  "key" int constraint group_pkey primary key,
  "order" nvarchar(20) not null,
  "where" nvarchar(20)
);

create table "SETTINGS" (
  "NAME" nvarchar(30) primary key,
  "VALUE" nvarchar(60),
  "Changed" date
);

create table "odd ""table"" [of] `names`?" (
  "id" int primary key,
  "select" nvarchar(20),
  "two words" nvarchar(20),
  "double""quote" nvarchar(20),
  "single'quote" nvarchar(20),
  "back`tick" nvarchar(20),
  "brack[et]" nvarchar(20),
  "what?" nvarchar(20),
  "$1" int,
  ":colon" int,
  "back\slash" nvarchar(20),
  "größe" int,
  "1st" varchar(60) check ("1st" in ('1st', 'two words', 'ünïcode')),
  "a.b;c--d" int,
  "percent%s" int,
  "__hidden" int,
  "a_column_name_of_sixty_three_characters_that_no_reader_wants_to" int,
  "GROUP" int,
  constraint "odd ""to"" group" foreign key ("GROUP") references "group" ("key")
);

create table "a_table_name_of_sixty_three_characters_that_no_reader_wants_too" (
  "id" int primary key,
  "odd id" int,
  "value" nvarchar(20),
  constraint "odd id fkey" foreign key ("odd id") references "odd ""table"" [of] `names`?" ("id")
);

exec('create view active_products as
  select p.id, p.sku, p.name, p.price, p.released_on, c.name as category
  from products p left join categories c on c.id = p.category_id
  where p.active = 1');

exec('create view customer_totals as
  select c.id as customer_id, c.email, cast(count(o.id) as bigint) as orders, cast(sum(o.total) as decimal(14, 2)) as spent
  from customers c left join orders o on o.customer_id = c.id
  group by c.id, c.email');

-- The shop, in MariaDB's idiom.

create table customers (
  id int auto_increment primary key,
  email varchar(80) not null,
  full_name varchar(60) not null comment 'As the customer writes it: mixed case, accents.',
  nickname varchar(30),
  status enum('active', 'closed', 'paused') not null default 'active',
  is_vip boolean not null default false,
  birthday date,
  balance decimal(12, 2) not null default 0,
  points int default 0,
  created_at datetime not null default '2024-01-01 00:00:00',
  version int not null default 1,
  unique key customers_email_key (email)
) comment 'People who have bought something, or said that they would.';

create table addresses (
  id int auto_increment primary key,
  customer_id int not null,
  label varchar(20) not null,
  street varchar(80) not null,
  city varchar(40) not null,
  postcode varchar(12),
  country char(2) not null default 'nl',
  constraint addresses_customer_label_key unique (customer_id, label),
  constraint addresses_customer_id_fkey foreign key (customer_id) references customers (id) on delete cascade
);

create table categories (
  id int auto_increment primary key,
  parent_id int,
  name varchar(40) not null unique,
  position smallint not null default 0,
  constraint categories_parent_id_fkey foreign key (parent_id) references categories (id)
);

create table products (
  id int auto_increment primary key,
  sku varchar(20) not null unique,
  name varchar(60) not null,
  category_id int,
  price decimal(12, 2) not null,
  cost decimal(12, 2),
  margin decimal(12, 2) generated always as (price - cost) stored,
  weight_grams int,
  description text,
  attributes json,
  active boolean not null default true,
  released_on date,
  constraint products_category_id_fkey foreign key (category_id) references categories (id),
  constraint products_price_check check (price >= 0)
);
create index products_category_idx on products (category_id);

create table tags (
  id int auto_increment primary key,
  name varchar(30) not null,
  unique key tags_name_key (name)
);

create table product_tags (
  product_id int not null,
  tag_id int not null,
  added_on date not null default '2024-01-01',
  note varchar(60),
  primary key (product_id, tag_id),
  constraint product_tags_product_id_fkey foreign key (product_id) references products (id) on delete cascade,
  constraint product_tags_tag_id_fkey foreign key (tag_id) references tags (id)
);

create table warehouses (
  code char(3) primary key,
  city varchar(40) not null,
  capacity int not null
);

create table stock (
  warehouse_code char(3) not null,
  product_id int not null,
  quantity int not null default 0,
  reserved int,
  counted_at datetime,
  primary key (warehouse_code, product_id),
  constraint stock_quantity_check check (quantity >= 0),
  constraint stock_warehouse_code_fkey foreign key (warehouse_code) references warehouses (code),
  constraint stock_product_id_fkey foreign key (product_id) references products (id)
);

create table departments (
  id int auto_increment primary key,
  name varchar(40) not null unique,
  head_id int
);

create table employees (
  id int auto_increment primary key,
  name varchar(60) not null,
  title varchar(60) not null,
  manager_id int,
  department_id int,
  salary decimal(12, 2),
  hired_on date not null,
  constraint employees_manager_id_fkey foreign key (manager_id) references employees (id),
  constraint employees_department_id_fkey foreign key (department_id) references departments (id)
);
alter table departments add constraint departments_head_id_fkey foreign key (head_id) references employees (id);

create table orders (
  id int auto_increment primary key,
  customer_id int not null,
  billing_address_id int not null,
  shipping_address_id int,
  seller_id int,
  status enum('cancelled', 'cart', 'paid', 'placed', 'shipped') not null default 'cart',
  placed_at datetime not null,
  shipped_at datetime,
  coupon varchar(20),
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
  quantity int not null,
  unit_price decimal(12, 2) not null,
  discount double,
  line_total decimal(12, 2) generated always as (quantity * unit_price) stored,
  primary key (order_id, line_no),
  constraint order_items_order_product_key unique (order_id, product_id),
  constraint order_items_order_id_fkey foreign key (order_id) references orders (id) on delete cascade,
  constraint order_items_product_id_fkey foreign key (product_id) references products (id),
  constraint order_items_quantity_check check (quantity > 0)
);

create table returns (
  id int auto_increment primary key,
  order_id int,
  line_no smallint,
  reason varchar(80) not null,
  refunded decimal(12, 2),
  constraint returns_item_fkey foreign key (order_id, line_no) references order_items (order_id, line_no)
);

create table payments (
  id bigint primary key,
  order_id int not null,
  method enum('card', 'cash', 'invoice', 'voucher') not null,
  amount decimal(12, 2) not null,
  reference uuid unique,
  paid_at timestamp not null,
  constraint payments_order_id_fkey foreign key (order_id) references orders (id)
);

create table reviews (
  id int auto_increment primary key,
  product_id int not null,
  customer_id int,
  rating smallint not null,
  title varchar(60),
  body text,
  created_at datetime not null default current_timestamp,
  constraint reviews_product_customer_key unique (product_id, customer_id),
  constraint reviews_product_id_fkey foreign key (product_id) references products (id),
  constraint reviews_customer_id_fkey foreign key (customer_id) references customers (id),
  constraint reviews_rating_check check (rating between 1 and 5)
);

create table every_type (
  id int primary key,
  a_boolean boolean,
  a_smallint smallint,
  an_int int,
  a_bigint bigint,
  a_numeric decimal(12, 2),
  a_real float,
  a_float double,
  a_varchar varchar(20),
  a_text text,
  a_uuid uuid,
  a_date date,
  a_time time(6),
  a_timestamp datetime(6),
  a_timestamptz timestamp(6) null,
  a_json json,
  a_bytea blob,
  an_enum enum('calm', 'happy', 'sad')
);

create table texts (
  id int primary key,
  kind varchar(20) not null,
  value text not null
);

-- No key at all, and rows that are equal.
create table visits (
  customer_id int,
  page varchar(40) not null,
  seconds int,
  visited_on date not null
);

create table `group` (
  `key` int primary key,
  `order` varchar(20) not null,
  `where` varchar(20)
);

create table `SETTINGS` (
  `NAME` varchar(30) primary key,
  `VALUE` varchar(60),
  `Changed` date
);

create table `odd "table" [of] ``names``?` (
  `id` int primary key,
  `select` varchar(20),
  `two words` varchar(20),
  `double"quote` varchar(20),
  `single'quote` varchar(20),
  `back``tick` varchar(20),
  `brack[et]` varchar(20),
  `what?` varchar(20),
  `$1` int,
  `:colon` int,
  `back\slash` varchar(20),
  `größe` int,
  `1st` enum('1st', 'two words', 'ünïcode'),
  `a.b;c--d` int,
  `percent%s` int,
  `__hidden` int,
  `a_column_name_of_sixty_three_characters_that_no_reader_wants_to` int,
  `GROUP` int,
  constraint `odd "to" group` foreign key (`GROUP`) references `group` (`key`)
);

create table `a_table_name_of_sixty_three_characters_that_no_reader_wants_too` (
  `id` int primary key,
  `odd id` int,
  `value` varchar(20),
  constraint `odd id fkey` foreign key (`odd id`) references `odd "table" [of] ``names``?` (`id`)
);

create view active_products as
  select p.id, p.sku, p.name, p.price, p.released_on, c.name as category
  from products p left join categories c on c.id = p.category_id
  where p.active;

create view customer_totals as
  select c.id as customer_id, c.email, cast(count(o.id) as signed) as orders, cast(sum(o.total) as decimal(14, 2)) as spent
  from customers c left join orders o on o.customer_id = c.id
  group by c.id, c.email;

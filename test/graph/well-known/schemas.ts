import type { Metadata, SourceInput, TableFacts } from '../../../src/catalog/index.ts';
import { column, facts, reference, source, table } from '../catalogs.ts';

/**
 * Short notation for tables: `film_id! title language_id>language.language_id note?`. `!`: primary key, `?`: nullable, `>`: foreign
 * key, `:int`: another type than text. Names with spaces are quoted.
 */
type Tables = Readonly<Record<string, string>>;

const word =
  /(?:"([^"]+)"|([^\s!?:>"]+))(?::(\w+))?(!)?(\?)?(?:>(?:"([^"]+)"|([^\s."]+(?:\.[^\s."]+(?=\.))?))\.(?:"([^"]+)"|(\S+)))?/g;

function tablesOf(tables: Tables, namespace = 'public'): TableFacts[] {
  return Object.entries(tables).map(([name, text]) => {
    const parts = [...text.matchAll(word)].map((found) => {
      const [, quoted, plain, type, key, nullable, toQuoted, toPlain, columnQuoted, columnPlain] = found;
      return {
        name: (quoted ?? plain)!,
        type: (type ?? (key !== undefined || (toQuoted ?? toPlain) !== undefined ? 'int' : 'text')) as
          | 'int'
          | 'text',
        isKey: key !== undefined,
        nullable: nullable !== undefined,
        to: toQuoted ?? toPlain,
        toColumn: columnQuoted ?? columnPlain,
      };
    });
    const keys = parts.filter(({ isKey }) => isKey).map((part) => part.name);
    return table(
      name,
      parts.map((part) => column(part.name, part.type, { nullable: part.nullable })),
      {
        namespace,
        primaryKey: keys.length === 0 ? null : { name: `${name}_pkey`, columns: keys },
        foreignKeys: parts
          .filter(({ to }) => to !== undefined)
          .map((part) => ({
            ...reference(part.name, part.to!, namespace),
            name: `${name}_${part.name}_fkey`,
            toColumns: [part.toColumn!],
          })),
      },
    );
  });
}

interface Schema {
  readonly sources: readonly SourceInput[];
  readonly metadata?: Metadata;
}

const one = (name: string, tables: Tables): Schema => ({ sources: [source(name, tablesOf(tables))] });

/** Small schemas that resemble well-known ones. */
export const schemas: Readonly<Record<string, Schema>> = {
  /** Two foreign keys from one table to another, junction tables, a circle (store and staff). */
  'film-rental': one('rental', {
    language: 'language_id! name',
    film: 'film_id! title language_id>language.language_id original_language_id?>language.language_id',
    actor: 'actor_id! first_name last_name',
    film_actor: 'actor_id!>actor.actor_id film_id!>film.film_id',
    store: 'store_id! manager_staff_id>staff.staff_id',
    staff: 'staff_id! store_id>store.store_id username',
    inventory: 'inventory_id! film_id>film.film_id store_id>store.store_id',
    customer: 'customer_id! store_id>store.store_id email?',
    rental:
      'rental_id! inventory_id>inventory.inventory_id customer_id>customer.customer_id staff_id>staff.staff_id',
    payment:
      'payment_id! rental_id?>rental.rental_id customer_id>customer.customer_id staff_id>staff.staff_id',
  }),
  /** Names with spaces and capitals, and a foreign key to the same table. */
  'trading-with-spaces': one('trading', {
    Customers: 'CustomerID! CompanyName "Contact Name"?',
    Employees: 'EmployeeID! LastName ReportsTo?>Employees.EmployeeID',
    Shippers: '"Shipper ID"! CompanyName',
    Orders:
      'OrderID! CustomerID?>Customers.CustomerID EmployeeID?>Employees.EmployeeID "Ship Via"?>Shippers."Shipper ID"',
    Products: 'ProductID! ProductName "Unit Price"',
    'Order Details': 'OrderID!>Orders.OrderID ProductID!>Products.ProductID Quantity:int',
    'Order Details Extended': 'OrderID ProductName "Extended Price"',
    'Customer and Suppliers by City': 'City CompanyName',
  }),
  /** Names with capitals, and a foreign key named after its table and column. */
  'music-store': one('music', {
    Artist: 'ArtistId! Name?',
    Album: 'AlbumId! Title ArtistId>Artist.ArtistId',
    MediaType: 'MediaTypeId! Name?',
    Track: 'TrackId! Name AlbumId?>Album.AlbumId MediaTypeId>MediaType.MediaTypeId',
    Playlist: 'PlaylistId! Name?',
    PlaylistTrack: 'PlaylistId!>Playlist.PlaylistId TrackId!>Track.TrackId',
    Employee: 'EmployeeId! LastName ReportsTo?>Employee.EmployeeId',
    Customer: 'CustomerId! Email SupportRepId?>Employee.EmployeeId',
    Invoice: 'InvoiceId! CustomerId>Customer.CustomerId Total',
    InvoiceLine: 'InvoiceLineId! InvoiceId>Invoice.InvoiceId TrackId>Track.TrackId',
  }),
  /** Every table, including users, has two foreign keys to users. */
  'business-suite': one('suite', {
    res_users: 'id! login partner_id>res_partner.id create_uid?>res_users.id write_uid?>res_users.id',
    res_partner:
      'id! name parent_id?>res_partner.id user_id?>res_users.id create_uid?>res_users.id write_uid?>res_users.id',
    res_company: 'id! name partner_id>res_partner.id create_uid?>res_users.id write_uid?>res_users.id',
    sale_order:
      'id! name partner_id>res_partner.id partner_invoice_id>res_partner.id partner_shipping_id>res_partner.id user_id?>res_users.id company_id>res_company.id create_uid?>res_users.id write_uid?>res_users.id',
    sale_order_line: 'id! order_id>sale_order.id create_uid?>res_users.id write_uid?>res_users.id',
    res_company_users_rel: 'cid>res_company.id user_id>res_users.id',
  }),
  /** No foreign keys; relationships are declared. */
  'blog-without-keys': {
    sources: [
      source(
        'blog',
        tablesOf({
          wp_users: 'ID! user_login display_name',
          wp_posts: 'ID! post_author:int post_title post_parent:int',
          wp_postmeta: 'meta_id! post_id:int meta_key? meta_value?',
          wp_comments: 'comment_ID! comment_post_ID:int user_id:int comment_content',
          wp_terms: 'term_id! name slug',
          wp_options: 'option_id! option_name option_value',
        }),
      ),
    ],
    metadata: {
      tables: [
        {
          source: 'blog',
          table: 'wp_posts',
          object_relationships: [
            {
              name: 'author',
              using: {
                manual_configuration: { remote_table: 'wp_users', column_mapping: { post_author: 'ID' } },
              },
            },
          ],
          array_relationships: [
            {
              name: 'meta',
              using: {
                manual_configuration: { remote_table: 'wp_postmeta', column_mapping: { ID: 'post_id' } },
              },
            },
          ],
        },
      ],
    },
  },
  /** Polymorphic references, whose table is named by another column; tables of a web framework; `content_type`. */
  'framework-polymorphic': one('app', {
    users: 'id! email',
    posts: 'id! user_id>users.id title',
    photos: 'id! user_id>users.id url',
    comments: 'id! user_id>users.id commentable_type commentable_id:int body',
    taggings: 'id! tag_id>tags.id taggable_type taggable_id:int',
    tags: 'id! name',
    active_storage_blobs: 'id! key filename',
    active_storage_attachments: 'id! name record_type record_id:int blob_id>active_storage_blobs.id',
    django_content_type: 'id! app_label model',
    django_admin_log: 'id! user_id>users.id content_type_id?>django_content_type.id object_id?',
    schema_migrations: 'version!',
  }),
  /** A namespace per tenant, all with the same tables. */
  'namespace-per-tenant': {
    sources: [
      source(
        'saas',
        facts([
          ...tablesOf({ tenants: 'id! name' }),
          ...['acme', 'globex'].flatMap((tenant) =>
            tablesOf(
              {
                users: 'id! email',
                projects: 'id! owner_id>users.id name',
                tasks: 'id! project_id>projects.id title',
              },
              tenant,
            ),
          ),
        ]),
      ),
    ],
  },
};

insert into extra.special_types values
  (1, '{red,"two words","with \"quote\"",null}', '{1,2,3}', '{{1,2},{3,4}}', '{1.50,-2.25}', '{mon,fri}', 'wed', 3,
   'mila@example.com', '(12.50,8.25,cm)', '[1,10)', '[2024-01-01,2024-02-01)', '["2024-01-01 10:00:00+00","2024-01-01 12:30:00+00")',
   '1 year 2 months 3 days 04:05:06.5', '09:30:00+02', '{"color": "red", "sizes": [1, 2, {"deep": null}]}',
   array['{"a": 1}', '[]']::jsonb[], '192.168.1.10/24', B'1010', to_tsvector('simple', 'a quick brown fox'), '{short,labels}', 12.50),
  (2, '{}', '{}', '{}', '{}', '{}', 'sun', 1, 'noah@example.com', '(,,)', 'empty', '(,)', '[,)', '-3 days', '23:59:59.5-05',
   '[]', '{}', '::1', B'0000', '', '{}', 0),
  (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null),
  (4, '{"",NULL,"comma, brace } and \\ backslash"}', '{null,-2147483648}', '[0:1][1:2]={{5,6},{7,8}}', '{null}', '{sun,null}', 'mon',
   2147483647, 'x@y', '(0.25,,"with ""quote"", comma")', '(,5]', '[2024-02-29,)', '(,"2024-06-01 00:00:00+00"]', '0', '00:00:00+00',
   '"text"', array[null, '1']::jsonb[], '10.0.0.0/8', B'1111', to_tsvector('simple', 'it''s'), '{null}', -1.25);

insert into extra.measurements (taken_on, station, value) values
  ('2023-03-01', 'north', 1.25), ('2023-09-01', 'south', 2.50), ('2024-02-29', 'north', 3.75), ('2024-12-31', 'south', null),
  ('2025-06-01', 'north', 8.00), ('2022-01-01', 'west', -4.50);
insert into extra.animals (name) values ('cat'), ('crow');
insert into extra.dogs (id, name, breed) values (10, 'rex', 'beagle');
insert into extra.customers values ('a', 1, null), ('b', 2, 'a'), ('c', null, 'b');
refresh materialized view extra.station_averages;

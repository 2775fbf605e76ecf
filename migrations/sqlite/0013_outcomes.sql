-- How a callback ended, in the row that is written for its answer anyway.
alter table replies add column outcome     text;
alter table replies add column plugin      text;
alter table replies add column duration_us integer;
alter table replies add column error       text;

-- What waits and is too old to be of use, whoever it is for.
create index deliveries_expiry on deliveries (expires_at_ms) where state in ('ready', 'retry_wait');

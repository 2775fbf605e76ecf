-- The same message may come as two events, and each may have takers that the other has not. An event that repeats an earlier
-- one for plugins that were not told of that one names it here; receipts keep leading to the first.
alter table events add column first integer;
create index events_first on events (first) where first is not null;

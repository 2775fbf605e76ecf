-- An event is handled for the application whose keys opened it (`app`). As which one it called itself is of no use to anybody,
-- and in the flat v1 card it was empty.
alter table events drop column app_id;

-- Which ids the events of a block speak of: for each thousand numbers one Bloom filter over applications, types, ids of events
-- and the short texts of payloads. A search looks only at the blocks that may have what it wants. Written long after the events,
-- when the server has little to do, so that receiving an event costs nothing more; what has no row yet is looked at as before.
create table event_blocks (
    block integer primary key, -- events of the numbers block * 1024 up to block * 1024 + 1023
    bits  blob not null        -- empty: every search has to look
);

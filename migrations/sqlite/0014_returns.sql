-- Returns from the authorize page that nobody has answered are looked for at each heartbeat. They are few among the events.
create index events_returns on events (received_at_ms) where schema = 'redirect';

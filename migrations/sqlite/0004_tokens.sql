-- The newest ticket of each store application, sealed by the server. Without it Lark gives the application no tokens, and
-- the next one comes within an hour.
create table app_tickets (
    app        text    primary key,
    sealed     blob    not null,
    made_at_ms integer not null
);

-- How many users have authorized what can still be used is counted for each look of a monitor; the table itself holds all
-- the tokens and is large.
create index user_tokens_expiry on user_tokens (app, coalesce(refresh_expires_at_ms, access_expires_at_ms));

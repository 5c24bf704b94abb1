-- The shop's database. Everything here is of a kind that a backup has to carry: extensions, a sequence, foreign keys,
-- an index on an expression, a view, types that are not text.
CREATE EXTENSION citext;
CREATE EXTENSION pg_trgm;

CREATE TABLE customers (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name   citext NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
    email  citext,
    joined date NOT NULL DEFAULT current_date
);

CREATE TABLE products (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name    text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
    price   numeric(10, 2) NOT NULL DEFAULT 10.00 CHECK (price >= 0),
    tags    text[] NOT NULL DEFAULT '{}',
    details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX products_by_part_of_name ON products USING gin (name gin_trgm_ops);

CREATE SEQUENCE order_numbers START 1000;

CREATE TABLE orders (
    number      bigint PRIMARY KEY DEFAULT nextval('order_numbers'),
    reference   uuid NOT NULL UNIQUE,
    placed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    site        text NOT NULL,
    customer_id bigint NOT NULL REFERENCES customers
);
ALTER SEQUENCE order_numbers OWNED BY orders.number;
CREATE INDEX orders_by_day ON orders (((placed_at AT TIME ZONE 'UTC')::date));
CREATE INDEX orders_by_time ON orders (placed_at);

CREATE TABLE order_lines (
    order_number bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
    line         integer NOT NULL,
    product_id   bigint NOT NULL REFERENCES products,
    quantity     integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    price        numeric(10, 2) NOT NULL,
    PRIMARY KEY (order_number, line)
);

CREATE VIEW order_totals AS
    SELECT order_number, sum(quantity * price) AS total FROM order_lines GROUP BY order_number;

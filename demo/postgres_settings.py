"""How the demo's PostgreSQL servers are set."""

SETTINGS = """
unix_socket_directories = ''
dynamic_shared_memory_type = mmap  # a killed server must leave nothing in /dev/shm
shared_buffers = 64MB
max_connections = 60
password_encryption = scram-sha-256
log_statement = none
timezone = 'UTC'
log_timezone = 'UTC'
"""
# A scratch server's data is never needed again: what makes it safe against a crash only makes it slow.
SCRATCH = """
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
autovacuum = off
"""

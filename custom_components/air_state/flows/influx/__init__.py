"""The steps about InfluxDB: the server, credentials, bucket or database, points, sign in again."""

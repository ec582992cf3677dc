"""What this server serves, told to programs (`/schema`) and to people (`/docs`)."""

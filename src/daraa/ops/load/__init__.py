"""Load: requests at a rate that does not wait for answers, as real customers do not."""

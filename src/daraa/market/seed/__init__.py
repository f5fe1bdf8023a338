"""What a real market starts with: units of money, the map, both trees, the general commission, all message texts."""

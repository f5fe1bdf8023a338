"""What shoppers see before they buy: categories, stores, products, search."""

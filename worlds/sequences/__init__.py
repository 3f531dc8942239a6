"""The sequence families of Cook 2024: worlds in which what elders know is an order of things."""

"""Work that outlives the request that asked for it: index runs in processes of their own, kept in a store."""

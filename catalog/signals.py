"""What the catalogue tells others. Each carries `account_id` and the ids that changed."""

from django.dispatch import Signal

products_unmapped = Signal()
"""After a commit that met names of products that mean no SKU: `account_id`, `ids` of RemoteProduct."""

products_linked = Signal()
"""After names were linked to SKUs, by rule or by a person: `account_id`, `ids` of RemoteProduct."""

listings_applied = Signal()
"""After listings truly changed: `account_id`, `ids` of Listing."""

skus_changed = Signal()
"""After master data of SKUs changed, or SKUs were merged or parted: `ids` of Sku."""

uploads_changed = Signal()
"""After a sheet was uploaded, judged anew, decided or closed: `ids` of Upload."""

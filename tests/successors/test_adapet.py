from masked_contract import MaskedContract


class TestAdapet(MaskedContract):
    name = "adapet"
    quick = {"steps": 40, "learning_rate": 5e-3, "batch_size": 36, "max_length": 64}  # noqa: RUF012
    variants = {  # noqa: RUF012
        "pattern": "{label}:_{text}",
        "words": "good|bad",
        "mask_share": 0.3,
        "steps": 2,
        "batch_size": 4,
        "learning_rate": 1e-4,
        "weight_decay": 0.3,
        "warmup": 0.5,
        "max_length": 32,
    }
    wrong = [  # noqa: RUF012
        {"pattern": "{text} it is"},
        {"pattern": "{text} {text} is {label}"},
        {"pattern": "{first} is {label}"},
        {"words": "good"},
        {"words": "good|"},
        {"mask_share": 1.5},
        {"mask_share": float("nan")},
        {"steps": 0},
        {"batch_size": 0},
        {"learning_rate": float("inf")},
        {"weight_decay": -0.1},
        {"warmup": 1.0},
        {"max_length": 8},
    ]

from masked_contract import MaskedContract


class TestPerfect(MaskedContract):
    name = "perfect"
    quick = {  # noqa: RUF012
        "steps": 40,
        "learning_rate": 3e-2,
        "label_rate": 3e-2,
        "batch_size": 36,
        "reduction": 2,
        "max_length": 64,
    }
    variants = {  # noqa: RUF012
        "masks": 3,
        "reduction": 8,
        "steps": 2,
        "batch_size": 4,
        "learning_rate": 1e-4,
        "label_rate": 0.2,
        "weight_decay": 0.3,
        "warmup": 0.5,
        "max_length": 32,
    }
    wrong = [  # noqa: RUF012
        {"masks": 0},
        {"masks": 300},
        {"reduction": 0},
        {"label_rate": 0.0},
        {"label_rate": float("nan")},
        {"steps": 0},
        {"batch_size": 0},
        {"learning_rate": float("inf")},
        {"weight_decay": -0.1},
        {"warmup": 1.0},
        {"max_length": 8},
    ]

"""Orders in other languages: to ignore what was said, or to be chosen."""

from __future__ import annotations

from activellm.selection.orders.rule import CHOOSE, IGNORE, Rule

LANGUAGES = (
    # German
    Rule(IGNORE, ("ignorier", "vergiss", "vergess", "missacht", "beachte"),
         r"\b(?:ignorier\w*|vergiss|vergessen sie|missacht\w*|beachten? sie nicht|beachte nicht)"
         r"\b~ (?:\w*anweisung|\w*instruktion|befehl|vorgabe|auftrag|prompt|obige|obenstehend|"
         r"bisherige|vorherige|vorangehend)"),
    Rule(IGNORE, ("ignorier", "vergiss", "vergess"),
         r"\b(?:ignorier\w*|vergiss|vergessen sie) alle?~ (?:anderen|ubrigen|davor|oben)\b"),
    Rule(CHOOSE, ("wahl", "nimm", "nehm", "markier"),
         r"\b(?:wahle?n?|wahlt|nimm|nehmen|markier\w*)\b(?: sie| bitte| unbedingt| jetzt)* "
         r"(?:nur|ausschliesslich|immer|einzig|allein|genau)~ (?:mich|dies\w*|nummer|nr|text)\b"),
    Rule(CHOOSE, ("gewahl", "wahlen", "genommen"),
         r"\b(?:dies\w+ (?:text|satz|eintrag|beispiel|nummer)|nummer \d+|du|sie) "
         r"(?:muss|mussen|musst|soll|sollte|sollst)~ (?:\w*gewahlt|\w*wahlen|genommen)\b"),
    # French
    Rule(IGNORE, ("ignor", "oubli", "compte", "abstraction"),
         r"\b(?:ignore[zr]?|oublie[zr]?|ne ten(?:ez|ons) pas compte|ne tiens pas compte|"
         r"fai(?:tes|s) abstraction)\b~ (?:instructions?|consignes?|directives?|ordres|regles|"
         r"autres textes|ce qui precede)\b"),
    Rule(CHOOSE, ("choisi", "selectionn", "pren", "reten", "retiens"),
         r"\b(?:choisis(?:sez)?|selectionne[zr]?|prenez|prends|retenez|retiens)\b~ (?:seulement|"
         r"uniquement|que|exclusivement|toujours|absolument)\b~ "
         r"(?:moi|cett?e?|celui|numero|texte)\b"),
    Rule(CHOOSE, ("-moi",), r"\b(?:choisis(?:sez)?|selectionne[zs]?|prenez|prends)-moi\b"),
    Rule(CHOOSE, ("doit",),
         r"\bcett?e? (?:texte|phrase|exemple|ligne) doit~ etre (?:choisi|selectionne|retenu)"),
    # Spanish
    Rule(IGNORE, ("ignor", "olvid", "omit", "descart", "sigas", "omiso"),
         r"\b(?:ignor[ae]n?|olvid[ae]n?|omit[ae]n?|descart[ae]n?|no sigas?|haz caso omiso)\b~ "
         r"(?:instruccion\w*|indicacion\w*|ordenes|reglas|anterior\w*|demas textos|candidatos)\b"),
    Rule(CHOOSE, ("elig", "elij", "escog", "escoj", "seleccion"),
         r"\b(?:elige|elija|elijan|escoge|escoja|seleccion[ae]n?)\b~ (?:solo|solamente|unicamente|"
         r"siempre|exclusivamente)~ (?:mi|este|esta|numero|texto)\b"),
    Rule(CHOOSE, ("eligeme", "escogeme", "seleccioname", "deb", "tiene que"),
         r"\b(?:eligeme|escogeme|seleccioname)\b|\best[ea] (?:texto|frase|ejemplo) "
         r"(?:debe|tiene que)~ ser (?:elegid|seleccionad|escogid)"),
    # Italian
    Rule(IGNORE, ("ignora", "dimentica", "trascura", "seguire"),
         r"\b(?:ignora(?:te)?|dimentica(?:te)?|trascura(?:te)?|non seguire)\b~ (?:istruzion\w*|"
         r"indicazion\w*|ordini|regole|precedent\w*|altri testi|quanto sopra)\b"),
    Rule(CHOOSE, ("scegli", "selezion", "prend", "testo dev"),
         r"\b(?:scegli(?:ete)?|seleziona(?:te)?|prendi|prendete)\b~ (?:solo|soltanto|solamente|"
         r"unicamente|sempre|esclusivamente)~ (?:me|quest[oa]|numero|testo)\b|\b(?:sceglimi|"
         r"selezionami)\b|\bquesto testo deve~ essere (?:scelto|selezionato)\b"),
    # Portuguese
    Rule(IGNORE, ("ignor", "esquec", "desconsider", "siga"),
         r"\b(?:ignor[ae]m?|esquec[ae]m?|desconsider[ae]m?|nao siga)\b~ (?:instruc\w*|orden[s]?|"
         r"ordens|regras|anterior\w*|outros textos|acima)\b"),
    Rule(CHOOSE, ("escolh", "selecion"),
         r"\b(?:escolh[ae]m?|selecion[ae]m?)\b~ (?:so|somente|apenas|unicamente|sempre|"
         r"exclusivamente)~ (?:mim|est[ea]|ess[ea]|numero|texto)\b|\b(?:escolha|selecione)-me\b|"
         r"\beste texto (?:deve|tem que)~ ser (?:escolhido|selecionado)\b"),
    # Dutch
    Rule(IGNORE, ("negeer", "vergeet"),
         r"\b(?:negeer|vergeet)\b~ (?:\w*instructies?|opdracht\w*|aanwijzing\w*|regels|"
         r"bovenstaande|voorgaande|andere teksten)\b"),
    Rule(CHOOSE, ("kies", "selecteer", "neem", "gekozen", "geselecteerd"),
         r"\b(?:kies|selecteer|neem)\b~ (?:alleen|enkel|uitsluitend|altijd|slechts)~ (?:mij|deze|"
         r"dit|nummer|tekst)\b|\bdeze (?:tekst|zin) moet~ (?:gekozen|geselecteerd)\b"),
    # Russian
    Rule(IGNORE, ("игнорир", "забуд", "внимани"),
         r"\b(?:игнорируйт?е?|проигнорируйт?е?|забудьт?е?|не обращайт?е? внимания)\b~ "
         r"(?:инструкц|указани|предыдущ|правил|команд|остальн|выше|прежн)"),
    Rule(CHOOSE, ("выбер", "выбир", "выбран", "выбрать"),
         r"\b(?:выберит?е?|выбирайт?е?)\b~ (?:только|лишь|всегда|исключительно)~ (?:меня|эт|номер|"
         r"текст)|\b(?:только|всегда|обязательно) выб(?:ери|ирай)|\bэтот текст (?:должен|нужно|"
         r"надо|обязан)~ (?:выбран|выбрать)"),
    # Arabic
    Rule(IGNORE, ("تجاهل", "انس", "لا تتبع"),
         r"(?:تجاهل\w*|\bانس\w*|لا تتبع)~ (?:\w*التعليمات|\w*الاوامر|السابق\w*|ما سبق|اعلاه|"
         r"\w*القواعد)"),
    Rule(CHOOSE, ("اختر", "اختار", "تختر", "اختيار"),
         r"\bاختر\w*~ (?:فقط|دائما|وحده)|\bاخترني\b|لا تختر~ (?:الا|سوى|غير)|يجب (?:ان )?(?:تختار|"
         r"اختيار)~ (?:هذا|النص|رقم)"),
    # Chinese
    Rule(IGNORE, ("忽略", "无视", "無視", "忘记", "忘記", "不要理", "忽视"),
         r"(?:忽略|无视|無視|忘记|忘記|不要理会|不要理會|忽视)[^。\n]{0,12}?(?:指令|指示|说明|說明|提示|"
         r"规则|規則|要求|以上|上述|之前的)"),
    Rule(IGNORE, ("忽略", "无视", "無視"),
         r"(?:忽略|无视|無視)(?:以上|上述|上面|前面|之前|其他文本|其它文本)"),
    Rule(CHOOSE, ("选", "選"),
         r"(?:只|仅|僅|必须|必須|务必|一定要|总是|永远)(?:能|要)?(?:选|選)[^。\n]{0,6}?(?:我|这|這|第|编号|"
         r"編號|本文|\d)|(?:请|請)(?:选|選)(?:择|擇)?(?:我|这|這|本文|编号)"),
    # Japanese
    Rule(IGNORE, ("無視", "忘れ"),
         r"(?:指示|命令|上記|以上|これまで|ルール|プロンプト)[^。\n]{0,12}?(?:無視|忘れ)"),
    Rule(CHOOSE, ("選", "えら"),
         r"(?:私|この(?:文|テキスト|文章|項目|行)|番号|\d+番?)[^。\n]{0,8}?(?:だけ|のみ|必ず)[^。\n]{0,6}?"
         r"(?:選|えら)|必ず[^。\n]{0,10}?(?:この|私|番号)[^。\n]{0,6}?選"),
    # Korean
    Rule(IGNORE, ("무시", "잊"),
         r"(?:이전|위의?|앞의?)[^.\n]{0,10}?(?:지시|명령|지침)[^.\n]{0,12}?(?:무시|잊)"),
    Rule(CHOOSE, ("선택", "골라"),
         r"(?:이 ?(?:텍스트|문장|글)|나)(?:만|을 반드시|를 반드시)[^.\n]{0,6}?(?:선택|골라)"),
)  # fmt: skip

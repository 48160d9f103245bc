"""Orders in English."""

from __future__ import annotations

from activellm.selection.orders.rule import ADDRESS, CHOOSE, IGNORE, LABEL, Rule

_TOLD = (
    r"(?:instructions?|prompts?|directions|directives?|guidelines|commands?|orders|rules|"
    r"constraints|requests?|tasks?)"
)
_BEFORE = (
    r"(?:previous|prior|above|earlier|preceding|foregoing|former|initial|original|your|all|any|"
    r"system|other)"
)
_THING = r"(?:text|candidate|example|instance|sentence|sample|passage|data point)"
_NUMBER = r"(?:number|no\.?|nr\.?|text|candidate|example|instance|index|id)s? ?[#:]? ?\d+"
_CHOOSE = r"(?:choose|select|pick|label|include|nominate|annotate)"
_ONLY = r"(?:only|just|solely|exclusively|always|nothing but)"
_MODEL = (
    r"(?:ai|llms?|(?:large )?language models?|chatgpt|gpt(?:-?\d\w*)?|chatbot|"
    r"ai (?:model|assistant|system|annotator|judge)s?|query (?:model|strategy))"
)
_IGNORE = (
    r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|ing)|bypass|(?:do not|don'?t|never) "
    r"(?:follow|obey)|pay no attention to|stop following)"
)

ENGLISH = (
    Rule(IGNORE, ("ignor", "disreg", "forget", "overrid", "bypass", "follow", "obey", "attention"),
         rf"{_IGNORE}~ {_BEFORE}~ {_TOLD}\b"),
    Rule(IGNORE, ("ignor", "disreg", "forget", "overrid", "follow", "obey", "attention"),
         rf"{_IGNORE}~ {_TOLD} (?:above|before|you (?:were|have been|got)|given|so far)\b"),
    Rule(IGNORE, ("ignor", "disreg", "forget"),
         r"\b(?:ignore|disregard|forget) (?:about )?(?:all |everything |anything |whatever |what )"
         r".{0,30}?(?:above|you (?:were|have been|'ve been) told|said before|so far|before this|"
         r"(?:user|prompt|system|instructions?) (?:say|said|says|ask|want|tell|told))"),
    Rule(IGNORE, ("ignor", "disreg", "forget"),
         r"\b(?:ignore|disregard|forget) (?:the |all |that )*(?:above|foregoing|preceding)\b"
         r"(?! (?:e-?mail|mail|message|note|attach))"),
    Rule(IGNORE, ("ignor", "disreg", "forget", "skip"),
         r"\b(?:ignore|disregard|forget|skip) (?:all |every |any )?(?:of )?(?:the )?"
         r"(?:others?|rest)\b~ (?:texts|candidates|examples|sentences|instances|numbers|lines|"
         r"entries)\b"),
    Rule(IGNORE, ("instruction", "prompt", "everything", " list", " task"),
         r"\b(?:(?:instructions?|prompt|rules|task|everything|list) (?:above|before|so far)|"
         r"(?:above|"
         r"previous|earlier|old) (?:instructions?|prompt|rules|task|list))~ (?:was|is|are|were|has|"
         r"have|no longer)~ (?:outdated|void|wrong|invalid|cancell?ed|test|fake|over|obsolete|"
         r"revoked|changed|joke|valid|apply|applies)\b"),
    Rule(IGNORE, ("prompt", "instruction"),
         r"\bnot what (?:the|your) (?:system )?(?:prompt|instructions?|user)\b"),
    Rule(IGNORE, ("real", "actual", "true", "new"),
         r"\byour (?:only|new|real|actual|true) (?:task|mission|instructions?|orders?)\b|"
         r"\byour (?:task|instructions?|orders?) (?:has|have) (?:been )?changed\b|"
         r"\bthe (?:real|actual|true) (?:list|prompt|instructions|texts)\b"),
    Rule(CHOOSE, ("only", "just", "solely", "exclus", "always", "nothing but"),
         rf"\b{_CHOOSE} {_ONLY} (?:me|this|the (?:current|present|following)|{_NUMBER}|#?\d+)\b"),
    Rule(CHOOSE, ("only", "just", "solely", "exclus", "always", "must", "should"),
         rf"\b(?:{_ONLY}|must|should|shall) (?:be )?{_CHOOSE} (?:me|this|{_NUMBER})\b"),
    Rule(CHOOSE, ("this", " me", " it"),
         r"\b(?:choose|select|pick|nominate|annotate|prefer|name)(?: only)? this(?: one| entry|"
         r" line|"
         r" number| here)?(?: please| now| first| instead)?(?= ?(?:$|[.!;:\n\"]))|"
         r"\b(?:rank|put|name|list|choose|pick|select|label|place) (?:this|me|it)(?: \w+)? "
         r"(?:first|at the top)\b|\b(?:must|has to|should|shall|will only) (?:choose|select|pick) "
         r"(?:it|this)\b|\border you to (?:choose|select|pick|label|name)\b"),
    Rule(CHOOSE, ("this", " me "),
         r"\b(?:only|but|except|other than|than) (?:this|the present) (?:THING|entry|line|"
         r"number)\b|"
         r"\bnot? (?:choose|select|pick) (?:any|another)\b|"
         r"\bnever (?:choose|select|pick) (?:any|another)\b|"
         r"\bthis THING (?:is|gets|be|was) (?:\w+ )?(?:selected|chosen|picked|required|included)\b|"
         r"\b(?:number of this THING|this THING's number|(?:return|name|output|"
         r"answer with|write) this number)\b".replace("THING", _THING)),
    Rule(CHOOSE, ("pick", "choice", "answer", "selection"),
         r"\b(?:the|your) (?:first|next|only|final) (?:pick|choice|answer|selection) (?:has to|"
         r"must|"
         r"should|shall|is to|will)\b|\b(?:begin|start|end) (?:your|its|the) answer with\b|"
         r"\b(?:in|into) the final (?:answer|selection|picks)\b"),
    Rule(CHOOSE, (" me",),
         r"\b(?:(?:choose|select|nominate) me|pick me (?:only|first|as (?:one|the)|instead))\b"),
    Rule(CHOOSE, ("choose", "select", "pick", "label", "includ", "nominat", "annotat", "prefer"),
         rf"\b(?:{_CHOOSE}|prefer|name|return) (?:this|the (?:present|current)) (?:very |"
         rf"one )?{_THING}\b"),
    Rule(CHOOSE, ("choose", "select", "pick", "includ", "answer", "output", "add"),
         rf"\b(?:choose|select|pick|include|answer(?: with)?|output|add)(?: {_ONLY})?~ "
         r"(?:number|text|candidate|example|instance) ?#?\d+\b"),
    Rule(CHOOSE, ("must", "should", "has to", "needs to", "ought", "shall", "is to"),
         rf"\b(?:this|the (?:present|current)|my) (?:{_THING}|line|entry|number|one)~ "
         r"(?:must|should|has to|needs to|ought to|shall|is to) (?:\w+ )?be (?:\w+ )?"
         r"(?:chosen|selected|picked|labell?ed|included|annotated|ranked|named)\b"),
    Rule(CHOOSE, ("you ",),
         r"\byou (?:must|have to|are to|shall|need to|are (?:required|obliged|ordered) to)"
         rf"(?: now| always| therefore)? {_CHOOSE} "
         rf"(?:only|me|this {_THING}|this one|it|{_NUMBER})\b"),
    Rule(CHOOSE, ("your",),
         r"\b(?:add|put|include|place|list|write|insert|name)~ (?:in|into|to|on|at|first)~ your "
         r"(?:final )?(?:answer|selection|picks|choices|output|list|response)\b"),
    Rule(LABEL, ("classify", "label", "categori", "annotate", "rate", "judge", "tag"),
         r"(?:^|[.!?:;\n\"] ?|\bplease |\balways |\bmust |\bonly )(?:classify|label|"
         rf"categori[sz]e|annotate|judge|tag) (?:this|it|me|the (?:{_THING}|above|"
         rf"following))(?: {_THING})? as\b"),
    Rule(LABEL, ("label", "class", "categor", "reply", "answer", "response", "output", "say"),
         rf"\blabel (?:of|for) this {_THING} (?:is|must|should)\b|\b(?:this|"
         rf"it)(?: {_THING})? (?:must|"
         r"should|has to|needs to|is to) be (?:classified|labell?ed|categori[sz]ed|tagged) as\b|"
         r"\bgive (?:this|it|me)(?: \w+)? the label\b|\byour (?:reply|answer|response|"
         r"output) (?:must|"
         r"should|has to|shall|will) be ?(?:[:\"']|only|just|exactly)|"
         r"(?:^|[.!?:;\n] ?)(?:output|print|answer|reply|say) \"\w+\" (?:for|to) this\b"),
    Rule(LABEL, ("label", "class", "categor"),
         r"\bthe (?:correct|right|true|proper|only valid|gold) (?:label|class|category)~ is\b"),
    Rule(LABEL, ("with", "only", "exactly", "just", "nothing but"),
         r"\b(?:answer|respond|reply)(?: only| always| just)? with "
         r"(?:only|just|exactly|nothing but|the (?:single )?(?:word|label|number)s?)\b"),
    Rule(ADDRESS, ("ai", "llm", "language model", "gpt", "chatbot", "query "),
         r"\b(?:attention|note|message|instructions?|orders?|hello|hey|hi|dear|listen|warning)"
         rf"[ ,:!]*(?:to |for )?(?:the |all |any |every |you )*{_MODEL}\b(?!-)"),
    Rule(ADDRESS, ("you are",),
         r"\byou are (?:now )?(?:only )?(?:an? |the )(?:\w+ )?(?:ai|llm|language model|chatbot|"
         r"query strategy|ai assistant)\b"),
    Rule(ADDRESS, ("whoever", "read", "reprogram", "if you are"),
         r"\b(?:whoever|any (?:model|ai|llm|one|body)|anyone)(?: who| that)? reads? this(?: text|"
         r" line)?"
         r"(?: must| has to| shall| should)\b|\bai (?:that|which|who) reads? this\b|"
         rf"\byou have been reprogram|\bif you are (?:an? )?{_MODEL}\b"),
    Rule(ADDRESS, ("model",), r"\bas an? (?:ai|large language|language) (?:language )?model\b"),
    Rule(ADDRESS, ("from now on",),
         rf"\bfrom now on[ ,]*(?:you )?(?:must |will |shall |should |are to |only )*"
         rf"(?:{_CHOOSE}|answer|respond|reply|output|ignore)\b"),
    Rule(ADDRESS, ("instruction", "prompt", "task"),
         r"\b(?:new|updated|revised|real|actual|true|additional|important) (?:system )?"
         r"(?:instructions?|prompt|task) ?:"),
    Rule(ADDRESS, ("prompt",),
         r"\b(?:reveal|print|show|repeat|change|your)~ system prompt\b"),
    Rule(ADDRESS, (" mode",),
         r"\b(?:developer|debug|admin|god|dan|jailbreak|override) mode(?: is)?(?: now)? "
         r"(?:enabled|activated|active|on)\b"),
)  # fmt: skip

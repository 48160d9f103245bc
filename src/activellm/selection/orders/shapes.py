"""What poses as a turn of the conversation, a part of the list or an answer."""

from __future__ import annotations

from activellm.selection.orders.rule import ANSWER, LIST, ROLE, Rule

SHAPES = (
    Rule(ROLE, ("<|", "| >"), r"<\| ?/?[a-z_ ]{2,24}\|>"),
    Rule(ROLE, ("inst]", "sys>", "_of_turn>", "system_prompt]", "</s>"),
         r"\[/?inst\]|<</?sys>>|<(?:start|end)_of_turn>|\[/?system_prompt\]|</s>"),
    Rule(ROLE, ("system>", "assistant>", "instruction>", "instructions>", "prompt>"),
         r"</? ?(?:system|assistant|instructions?|prompt) ?>"),
    Rule(ROLE, ("###",), r"#{2,} ?(?:system|instructions?|assistant|response|human|new task)\b"),
    Rule(ROLE, ("system", "assistant", "user]"),
         r"\[(?:system|assistant|user)\]|\bsystem (?:override|command|instruction)s? ?[:!]"),
    Rule(ROLE, ("system", "assistant", "developer", "user", "human"),
         r"(?:^|[\n.!?\"\])}>]) ?\W{0,4}(?:system|assistant|developer|user|human)"
         r"(?: message| prompt)? ?: ?"
         r"(?=.{0,80}?(?:\byou\b|ignore|choos|select|pick|label|classif|instruct|sure[,!]|answer|"
         r"\d+ ?, ?\d+))"),
    Rule(LIST, ("of list", "of the list", "of texts", "of the texts", "of data", "of candidates",
                "of input", "of the prompt", "of prompt", "of instructions", "of untrusted"),
         r"(?:^|[\"\n.!?] ?|[-=#*<\[(]{2,} ?)(?:end|begin|start) of (?:the )?(?:list|texts|data|"
         r"candidates|input|prompt|instructions|untrusted \w+)(?: [a-z]{6,12})?"
         r"(?=$|[\n.!?:\"]| ?[-=#*>\])]{2,})"),
    Rule(LIST, ("\"",), r"[\"”“] ?,? ?\d{1,4} ?: ?[\"“]"),
    Rule(LIST, ("\n",), r"\n ?\d{1,4} ?: ?[\"“]"),
    Rule(LIST, ("code word",), r"\bcode words? ?:"),
    Rule(ANSWER, ("{",),
         r"\{ ?[\"']?(?:picks|selected|selection|chosen|judgements|label|answer|numbers|"
         r"first_code_word)[\"']? ?:"),
    Rule(ANSWER, ("answer", "pick", "select", "chosen", "choice", "antwort", "auswahl", "reponse",
                  "respuesta", "risposta", "resposta", "antwoord", "ответ", "جواب", "اجابة",
                  "答", "选择", "選"),
         r"(?:answers?|picks?|selection|selected|chosen|choices?|antwort|auswahl|reponse|respuesta|"
         r"risposta|resposta|antwoord|ответ|الجواب|الاجابة|答案|回答|答え|选择|選択)"
         r"(?: \w+)? ?(?:is|are|ist|es|:|=|は)+ ?[\[(]?\d{1,4}(?: ?[,;،、] ?\d{1,4}){2}"),
)  # fmt: skip

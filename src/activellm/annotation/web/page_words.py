"""The words of the annotators' page: key -> (English, German).

In braces stands what the page puts in. Keys that end in ".one" are for the number 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PAGE_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # ---- the bar
        "page.title": ("Labelling", "Annotieren"),
        "page.track": ("Texts answered", "Beantwortete Texte"),
        "page.done": ("{done} of {total}", "{done} von {total}"),
        "page.left.soon": ("< 1 min left", "< 1 min übrig"),
        "page.left": ("about {minutes} min left", "noch etwa {minutes} min"),
        "page.guide": ("Guide", "Anleitung"),
        "page.history": ("Answers", "Antworten"),
        "page.settings": ("Settings", "Einstellungen"),
        "page.close": ("Close", "Schließen"),
        "page.overview": ("Overview", "Übersicht"),
        "page.decide": ("Decide", "Entscheiden"),
        # ---- what went wrong
        "page.retry": ("Retry now", "Jetzt noch einmal"),
        "page.leave": ("Leave it out", "Weglassen"),
        "page.away": (
            "ActiveLLM does not answer; is it still running?",
            "ActiveLLM antwortet nicht; läuft es noch?",
        ),
        "page.offline": ("You are offline.", "Sie sind offline."),
        "page.refused": ("The request was refused.", "Die Anfrage wurde abgelehnt."),
        "page.unsaved": (
            "{n} answers are not saved yet; they are kept in this browser.",
            "{n} Antworten sind noch nicht gespeichert; dieser Browser bewahrt sie auf.",
        ),
        "page.unsaved.one": (
            "1 answer is not saved yet; it is kept in this browser.",
            "1 Antwort ist noch nicht gespeichert; dieser Browser bewahrt sie auf.",
        ),
        "page.keeps": (
            "What you answer meanwhile is kept in this browser.",
            "Was Sie inzwischen antworten, bewahrt dieser Browser auf.",
        ),
        "page.again": ("Trying again by itself.", "Neuer Versuch von selbst."),
        "page.elsewhere": (
            "You have this page open in a newer tab. If both answer a text, the later one counts.",
            "Diese Seite ist in einem neueren Tab offen. Antworten beide, zählt die spätere.",
        ),
        "page.claim": ("Go on here", "Hier weitermachen"),
        # ---- the text and the desk
        "page.loading": ("Loading …", "Wird geladen …"),
        "page.later": (
            "The next text comes when the connection is back.",
            "Der nächste Text kommt, wenn die Verbindung wieder da ist.",
        ),
        "page.waiting": (
            "No text is free just now. New ones appear here by themselves.",
            "Gerade ist kein Text frei. Neue erscheinen hier von selbst.",
        ),
        "page.correcting": (
            "You are changing an earlier answer.",
            "Sie ändern eine frühere Antwort.",
        ),
        "page.back": ("Back", "Zurück"),
        "page.undo": ("Undo", "Rückgängig"),
        "page.skip": ("Skip", "Überspringen"),
        "page.unsure": ("Unsure", "Unsicher"),
        "page.discuss": ("Discuss", "Besprechen"),
        "page.note": ("Note", "Notiz"),
        "page.note.label": ("Note on this answer", "Notiz zu dieser Antwort"),
        "page.why": ("Why?", "Warum?"),
        "page.model": ("LLM's view", "Sicht des LLM"),
        "page.model.says": (
            "The LLM expects {label} ({percent} %). It is often wrong; judge for yourself.",
            "Das LLM erwartet {label} ({percent} %). Es irrt oft; urteilen Sie selbst.",
        ),
        "page.model.said": (
            "The last text: you said {yours}, the LLM had expected {label} ({percent} %).",
            "Der letzte Text: Sie sagten {yours}, das LLM hatte {label} erwartet ({percent} %).",
        ),
        "page.model.same": (
            "The last text: the LLM had expected {label}, too ({percent} %).",
            "Der letzte Text: Auch das LLM hatte {label} erwartet ({percent} %).",
        ),
        "page.model.nothing": (
            "The LLM says nothing of this text.",
            "Das LLM sagt nichts zu diesem Text.",
        ),
        "page.labels": ("Labels", "Labels"),
        "page.search": ("Search {n} labels", "{n} Labels durchsuchen"),
        "page.save": ("Save", "Speichern"),
        "page.save.none": ("Save: none of these", "Speichern: nichts davon"),
        "page.saved": ("Saved: {what}", "Gespeichert: {what}"),
        "page.saving": ("Saving …", "Wird gespeichert …"),
        "page.not.saved": ("Not saved", "Nicht gespeichert"),
        "page.none": ("None of these", "Nichts davon"),
        "page.skipped": ("Skipped", "Übersprungen"),
        "page.taken.back": ("Taken back", "Zurückgenommen"),
        # ---- the guide
        "page.guidelines": ("Guidelines", "Richtlinien"),
        "page.keys": ("Keys", "Tasten"),
        "page.keys.save": ("save the chosen labels", "die gewählten Labels speichern"),
        "page.keys.search": ("search a label", "ein Label suchen"),
        "page.keys.choose": ("choose among them", "darunter wählen"),
        "page.keys.leave": ("leave the search or the note", "Suche oder Notiz verlassen"),
        "page.keys.undo": ("undo, as often as you like", "rückgängig, so oft Sie mögen"),
        "page.keys.skip": ("skip this text", "diesen Text überspringen"),
        "page.keys.unsure": ("mark the answer as unsure", "die Antwort als unsicher kennzeichnen"),
        "page.keys.discuss": ("this text needs discussion", "diesen Text besprechen"),
        "page.keys.note": ("write a note", "eine Notiz schreiben"),
        "page.keys.why": ("why this text?", "warum dieser Text?"),
        "page.keys.model": ("what does the LLM say?", "was sagt das LLM?"),
        "page.keys.history": ("your answers", "Ihre Antworten"),
        "page.keys.guidelines": ("this guide", "diese Anleitung"),
        "page.keys.settings": ("settings and keys", "Einstellungen und Tasten"),
        # ---- own answers
        "page.history.title": ("Your answers", "Ihre Antworten"),
        "page.history.filter": ("Filter", "Filtern"),
        "page.history.more": ("Show older ones", "Ältere zeigen"),
        "page.history.empty": ("Nothing is answered yet.", "Noch nichts beantwortet."),
        "page.history.no": ("Nothing like that.", "Nichts dergleichen."),
        "page.history.stop": ("Stop here, go on later", "Hier aufhören, später weitermachen"),
        # ---- settings
        "page.you": ("You label as {name}.", "Sie arbeiten als {name}."),
        "page.language": ("Language", "Sprache"),
        "page.colours": ("Colours", "Farben"),
        "page.colours.auto": ("as the device", "wie das Gerät"),
        "page.colours.light": ("light", "hell"),
        "page.colours.dark": ("dark", "dunkel"),
        "page.remap": (
            "Choose what should have another key, then press it.",
            "Wählen Sie, was eine andere Taste haben soll, und drücken Sie sie.",
        ),
        "page.press": ("press a key …", "Taste drücken …"),
        "page.taken": (
            "{key} is taken by: {what}.",
            "{key} ist schon vergeben: {what}.",
        ),
        "page.unusable": ("{key} cannot be used.", "{key} geht nicht."),
        "page.reset": ("All keys as they were", "Alle Tasten wie zuvor"),
        # ---- the end
        "page.end": ("All done", "Fertig"),
        "page.end.last": ("That was the last one", "Das war der letzte"),
        "page.end.labelled": ("{n} texts labelled", "{n} Texte annotiert"),
        "page.end.labelled.one": ("1 text labelled", "1 Text annotiert"),
        "page.end.skipped": ("{n} skipped", "{n} übersprungen"),
        "page.end.unsure": ("{n} marked unsure", "{n} als unsicher gekennzeichnet"),
        "page.end.countdown": (
            "The run goes on by itself in the terminal in {seconds} s.",
            "Der Lauf geht im Terminal in {seconds} s von selbst weiter.",
        ),
        "page.end.held": (
            "Look as long as you like; the run waits for you.",
            "Schauen Sie, so lange Sie mögen; der Lauf wartet auf Sie.",
        ),
        "page.end.team": (
            "Thank you. If more texts come, they appear here by themselves.",
            "Danke. Wenn weitere Texte kommen, erscheinen sie hier von selbst.",
        ),
        "page.end.on": ("Go on now", "Jetzt weiter"),
        "page.end.label.skipped": (
            "Label the {n} skipped texts",
            "Die {n} übersprungenen Texte annotieren",
        ),
        "page.end.label.skipped.one": (
            "Label the 1 skipped text",
            "Den übersprungenen Text annotieren",
        ),
        "page.end.look": ("Look at my answers", "Meine Antworten ansehen"),
        "page.stopped": ("Stopped for now", "Vorerst beendet"),
        "page.stopped.open": (
            "All answers are kept; {n} texts wait for the next time.",
            "Alle Antworten sind aufbewahrt; {n} Texte warten auf das nächste Mal.",
        ),
        "page.stopped.open.one": (
            "All answers are kept; 1 text waits for the next time.",
            "Alle Antworten sind aufbewahrt; 1 Text wartet auf das nächste Mal.",
        ),
        "page.thanks": ("Thank you", "Danke"),
        "page.thanks.next": (
            "The run goes on in the terminal. If it chooses more texts, they appear here by "
            "themselves.",
            "Der Lauf geht im Terminal weiter. Wählt er weitere Texte, erscheinen sie hier von "
            "selbst.",
        ),
        "page.finished": ("Done", "Fertig"),
        # ---- pages that say one thing
        "page.welcome": ("Welcome", "Willkommen"),
        "page.moment": ("One moment …", "Einen Moment …"),
        "page.forward": ("Go on", "Weiter"),
        "page.shut": (
            "This link does not open the page",
            "Dieser Link öffnet die Seite nicht",
        ),
        "page.shut.stranger": (
            "Open the link that you were given, or the one that the terminal shows.",
            "Öffnen Sie den Link, den Sie bekommen haben, oder den im Terminal.",
        ),
        "page.shut.used": (
            "It was used already, or replaced. Ask for a new one, or look in the terminal.",
            "Er ist verbraucht oder ersetzt. Bitten Sie um einen neuen, oder sehen Sie im Terminal "
            "nach.",
        ),
        "page.shut.tries": (
            "Too many wrong links came from there. Wait a minute.",
            "Von dort kamen zu viele falsche Links. Warten Sie eine Minute.",
        ),
        "page.shut.owner": (
            "It is open to the project's owner only.",
            "Sie steht nur den Verantwortlichen des Projekts offen.",
        ),
        "page.shut.decider": (
            "It is open to adjudicators and the project's owner only.",
            "Sie steht nur denen offen, die entscheiden oder verantworten.",
        ),
    }
)

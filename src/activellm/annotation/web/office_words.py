"""The words of the owner's and the adjudicators' pages: key -> (English, German).

In braces stands what the page puts in. Keys that end in ".one" are for the number 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

OFFICE_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # ---- both pages
        "office.title": ("Overview", "Übersicht"),
        "office.pages": ("Pages", "Seiten"),
        "office.skip": ("To the content", "Zum Inhalt"),
        "office.to.labelling": ("Label", "Annotieren"),
        "office.to.disagreements": ("Decide", "Entscheiden"),
        "office.to.owner": ("Overview", "Übersicht"),
        "office.loading": ("Loading …", "Wird geladen …"),
        "office.away": (
            "ActiveLLM does not answer. Trying again by itself; what you see is from {when}.",
            "ActiveLLM antwortet nicht. Neuer Versuch von selbst; Stand: {when}.",
        ),
        "office.away.now": (
            "ActiveLLM does not answer. Trying again by itself.",
            "ActiveLLM antwortet nicht. Neuer Versuch von selbst.",
        ),
        "office.cancel": ("Cancel", "Abbrechen"),
        "office.close": ("Close", "Schließen"),
        # ---- progress
        "office.round": ("Round {number}", "Runde {number}"),
        "office.round.of": ("Round {number} of {of}", "Runde {number} von {of}"),
        "office.round.none": ("No round yet", "Noch keine Runde"),
        "office.answered": ("texts answered", "Texte beantwortet"),
        "office.open": ("texts open", "Texte offen"),
        "office.given": ("answers of {wanted}", "Antworten von {wanted}"),
        "office.decisions": ("to decide", "zu entscheiden"),
        "office.online": ("people here now", "gerade dabei"),
        "office.online.one": ("person here now", "gerade dabei"),
        "office.pool": ("texts in the pool", "Texte im Bestand"),
        "office.state.empty": (
            "Nothing is picked yet. “Next round” chooses the first texts.",
            "Noch ist nichts ausgewählt. „Nächste Runde“ wählt die ersten Texte aus.",
        ),
        "office.state.nobody": (
            "Nobody is invited yet. Invite somebody below, or label yourself.",
            "Noch ist niemand eingeladen. Laden Sie unten jemanden ein, oder annotieren Sie "
            "selbst.",
        ),
        "office.state.waiting": (
            "The texts are picked; the first answer is awaited.",
            "Die Texte sind ausgewählt; die erste Antwort steht aus.",
        ),
        "office.state.left": (
            "About {time} of labelling left, at the present speed.",
            "Noch etwa {time} Annotieren beim jetzigen Tempo.",
        ),
        "office.state.over": (
            "Every text of this round is answered. Go on with the next round, or train and stop "
            "here.",
            "Alle Texte dieser Runde sind beantwortet. Weiter mit der nächsten Runde, oder "
            "trainieren und hier aufhören.",
        ),
        "office.state.finished": (
            "All planned rounds are done. Train, and write the report.",
            "Alle geplanten Runden sind fertig. Trainieren Sie und schreiben Sie den Bericht.",
        ),
        # ---- work
        "office.work": ("What to do", "Was zu tun ist"),
        "office.next-round": ("Next round", "Nächste Runde"),
        "office.train": ("Train", "Trainieren"),
        "office.report": ("Write report", "Bericht schreiben"),
        "office.export": ("Export …", "Exportieren …"),
        "office.stop": ("Stop", "Anhalten"),
        "office.stopping": ("is being stopped …", "wird angehalten …"),
        "office.report-file": ("Download the report", "Bericht herunterladen"),
        "office.trained.never": ("No classifier is trained yet.", "Noch ist nichts trainiert."),
        "office.trained.fresh": (
            "The classifier knows all answers (trained {when}).",
            "Das Modell kennt alle Antworten (trainiert {when}).",
        ),
        "office.trained.stale": (
            "There are answers since the classifier was trained ({when}).",
            "Es gibt neue Antworten seit dem Training ({when}).",
        ),
        "office.job.running": ("is running", "läuft"),
        "office.job.done": ("is done", "ist fertig"),
        "office.job.failed": ("failed", "ist fehlgeschlagen"),
        "office.job.stopped": ("was stopped", "wurde angehalten"),
        "office.next.sure": (
            "{open} texts of this round have no answer yet. They stay in the queue, before the "
            "new ones. Start the next round?",
            "{open} Texte dieser Runde sind noch ohne Antwort. Sie bleiben in der Reihe, vor den "
            "neuen. Nächste Runde beginnen?",
        ),
        "office.next.sure.one": (
            "One text of this round has no answer yet. It stays in the queue, before the new ones. "
            "Start the next round?",
            "Ein Text dieser Runde ist noch ohne Antwort. Er bleibt in der Reihe, vor den neuen. "
            "Nächste Runde beginnen?",
        ),
        "office.next.go": ("Start it", "Beginnen"),
        "office.export.title": ("Export", "Exportieren"),
        "office.export.note": (
            "All answers up to this moment. Exporting changes nothing.",
            "Alle Antworten bis zu diesem Augenblick. Der Export ändert nichts.",
        ),
        "office.export.labels": ("One row for each text", "Eine Zeile je Text"),
        "office.export.labels.note": (
            "What people decided, and everybody's vote.",
            "Das Ergebnis und die Stimme jeder Person.",
        ),
        "office.export.events": ("Every single answer", "Jede einzelne Antwort"),
        "office.export.events.note": (
            "Also what was taken back, with times and notes.",
            "Auch Zurückgenommenes, mit Zeiten und Notizen.",
        ),
        "office.export.csv": ("CSV, for spreadsheets", "CSV, für Tabellen"),
        "office.export.jsonl": ("JSON Lines, for programs", "JSON Lines, für Programme"),
        # ---- learning curve
        "office.curve": ("Learning curve", "Lernkurve"),
        "office.curve.note": (
            "Accuracy with its 95 % interval, measured on {where}.",
            "Treffer mit 95-%-Intervall, gemessen an {where}.",
        ),
        "office.curve.none": (
            "The curve begins when a round was trained and measured.",
            "Die Kurve beginnt, sobald eine Runde trainiert und gemessen ist.",
        ),
        "office.on.labelled": (
            "the labelled texts (cross-validated)",
            "den annotierten Texten (kreuzvalidiert)",
        ),
        "office.on.hold-out": ("texts held out at random", "zufällig zurückgehaltenen Texten"),
        "office.on.gold": ("texts of known label", "Texten mit bekanntem Label"),
        "office.on.several": ("several kinds of texts", "verschiedenen Texten"),
        "office.labels": ("labels", "Labels"),
        "office.accuracy": ("accuracy", "Treffer"),
        "office.macro-f1": ("macro-F1", "Makro-F1"),
        "office.interval": ("95 % interval", "95-%-Intervall"),
        "office.curve.alt": (
            "Accuracy after each round: {points}.",
            "Treffer nach jeder Runde: {points}.",
        ),
        "office.point": ("{value} at {labels} labels", "{value} bei {labels} Labels"),
        "office.gain": (
            "The next {labels} labels would probably bring",
            "Die nächsten {labels} Labels brächten wohl",
        ),
        "office.gain.value": ("{gain} points of macro-F1", "{gain} Punkte Makro-F1"),
        "office.gain.interval": (
            "{level} % interval {low} to {high}",
            "{level}-%-Intervall {low} bis {high}",
        ),
        "office.gain.none": (
            "What the next round would bring can be estimated after three measured rounds.",
            "Was die nächste Runde brächte, lässt sich nach drei gemessenen Runden schätzen.",
        ),
        "office.advice": ("What the stopping criteria say", "Was die Abbruchkriterien sagen"),
        "office.says.stop": ("stop", "aufhören"),
        "office.says.go on": ("go on", "weiter"),
        "office.says.cannot say": ("cannot say", "unklar"),
        "office.as-table": ("The numbers", "Die Zahlen"),
        "office.round.word": ("Round", "Runde"),
        # ---- classes
        "office.classes": ("Labels", "Labels"),
        "office.classes.note": ("Texts by majority", "Texte nach Mehrheit"),
        "office.classes.by": ("By annotator", "Nach Person"),
        "office.class": ("Label", "Label"),
        "office.retired": ("retired", "ausgeschieden"),
        "office.texts": ("Texts", "Texte"),
        "office.classes.none": ("No label was given yet.", "Noch kein Label vergeben."),
        # ---- people
        "office.people": ("People", "Personen"),
        "office.people.note": ("{n} of {all} here now", "{n} von {all} gerade dabei"),
        "office.people.none": ("Nobody yet.", "Noch niemand."),
        "office.name": ("Name", "Name"),
        "office.role": ("Role", "Rolle"),
        "office.role.annotator": ("annotator", "Annotator/in"),
        "office.role.adjudicator": ("adjudicator", "Entscheider/in"),
        "office.role.owner": ("owner", "Leitung"),
        "office.role.": ("not invited", "nicht eingeladen"),
        "office.role.annotator.note": (
            "Labels texts, sees own answers only.",
            "Annotiert, sieht nur eigene Antworten.",
        ),
        "office.role.adjudicator.note": (
            "Also decides where answers differ.",
            "Entscheidet auch, wo Antworten abweichen.",
        ),
        "office.role.owner.note": ("Sees and starts everything.", "Sieht und startet alles."),
        "office.revoked": ("revoked", "gesperrt"),
        "office.labelled": ("Labelled", "Annotiert"),
        "office.skipped": ("Skipped", "Übersprungen"),
        "office.unsure": ("Unsure", "Unsicher"),
        "office.speed": ("Speed", "Tempo"),
        "office.speed.note": (
            "Median time for a text, and texts an hour, of the latest 100 answers",
            "Mittlere Zeit je Text (Median) und Texte je Stunde, der letzten 100 Antworten",
        ),
        "office.speed.value": ("{seconds} · {hour}/h", "{seconds} · {hour}/h"),
        "office.consistency": ("Repeats", "Wiederholt"),
        "office.consistency.note": (
            "Share of repeated texts that were answered the same way again",
            "Anteil wiederholter Texte, die wieder gleich beantwortet wurden",
        ),
        "office.checks": ("Checks", "Prüftexte"),
        "office.checks.note": (
            "Share of texts of known label that were answered rightly",
            "Anteil der Texte mit bekanntem Label, die richtig beantwortet wurden",
        ),
        "office.share.of": ("{share} of {n}", "{share} von {n}"),
        "office.seen": ("Last seen", "Zuletzt da"),
        "office.seen.now": ("now", "jetzt"),
        "office.seen.never": ("never", "nie"),
        "office.actions": ("Actions", "Aktionen"),
        "office.invite": ("Invite", "Einladen"),
        "office.invite.name": ("Name", "Name"),
        "office.link.new": ("New link", "Neuer Link"),
        "office.link.new.for": ("New link for {name}", "Neuer Link für {name}"),
        "office.link.sure": (
            "Their old link opens nothing any more. Browsers that are in already stay in.",
            "Der alte Link öffnet dann nichts mehr. Wer schon darin ist, bleibt darin.",
        ),
        "office.link.go": ("Make a new link", "Neuen Link machen"),
        "office.link.title": ("The link of {name}", "Der Link von {name}"),
        "office.link.note": (
            "For {name} alone: whoever has it answers in their name. It is not shown again.",
            "Nur für {name}: Wer ihn hat, antwortet in diesem Namen. Er wird nicht wieder gezeigt.",
        ),
        "office.copy": ("Copy", "Kopieren"),
        "office.copied": ("Copied", "Kopiert"),
        "office.revoke": ("Revoke", "Sperren"),
        "office.revoke.for": ("Revoke the access of {name}", "Zugang von {name} sperren"),
        "office.revoke.sure": (
            "{name} is let in no more, at once. All their answers stay and count.",
            "{name} kommt sofort nicht mehr herein. Alle Antworten bleiben und zählen.",
        ),
        "office.revoke.go": ("Revoke", "Sperren"),
        "office.back": ("Let in again", "Wieder zulassen"),
        # ---- agreement
        "office.agreement": ("Agreement", "Übereinstimmung"),
        "office.agreement.note": (
            "Krippendorff's alpha: 1 is full agreement, 0 is chance.",
            "Krippendorffs Alpha: 1 heißt volle Übereinstimmung, 0 Zufall.",
        ),
        "office.agreement.none": (
            "No text has answers of two people yet.",
            "Noch hat kein Text Antworten von zwei Personen.",
        ),
        "office.agreement.alone": (
            "One person labels each text, so there is nothing to compare. To compare, start the "
            "page with --overlap 2.",
            "Jeden Text annotiert eine Person, darum gibt es nichts zu vergleichen. Zum "
            "Vergleich starten Sie die Seite mit --overlap 2.",
        ),
        "office.alpha.of": (
            "{n} texts with two or more answers",
            "{n} Texte mit zwei oder mehr Antworten",
        ),
        "office.alpha.high": ("good", "gut"),
        "office.alpha.middle": ("tentative", "vorläufig"),
        "office.alpha.low": ("low", "niedrig"),
        "office.pair": ("{a} and {b}", "{a} und {b}"),
        "office.pairs": ("Pairs (Cohen's kappa)", "Paare (Cohens Kappa)"),
        "office.by-class": ("By label (alpha)", "Nach Label (Alpha)"),
        "office.lowest": ("{what}: the lowest of {all}", "{what}: die niedrigsten von {all}"),
        "office.kappa": ("Value", "Wert"),
        "office.undefined": ("undefined", "nicht bestimmt"),
        # ---- care
        "office.care": ("Worth a look", "Einen Blick wert"),
        "office.care.decide": (
            "{n} texts wait for a decision",
            "{n} Texte warten auf Entscheidung",
        ),
        "office.care.decide.one": ("1 text waits for a decision", "1 Text wartet auf Entscheidung"),
        "office.care.decide.none": (
            "No text waits for a decision.",
            "Kein Text wartet auf Entscheidung.",
        ),
        "office.care.second": (
            "of them because the classifier strongly doubts the label: {n}",
            "davon, weil das Modell das Label stark bezweifelt: {n}",
        ),
        "office.care.open": ("Decide", "Entscheiden"),
        "office.anchoring": (
            "Does the LLM's label sway people?",
            "Lenkt das Label des Sprachmodells?",
        ),
        "office.anchoring.never": (
            "Nobody is shown the LLM's label, so it cannot sway anybody.",
            "Niemand sieht das Label des Sprachmodells, es kann niemanden lenken.",
        ),
        "office.anchoring.few": ("Too few answers yet to tell.", "Noch zu wenige Antworten."),
        "office.anchoring.same": (
            "Same answer as the LLM's label",
            "Gleiche Antwort wie das Modell",
        ),
        "office.moment.unseen": ("not shown", "nicht gezeigt"),
        "office.moment.after": ("changed after a look", "nach dem Zeigen geändert"),
        "office.moment.before": ("shown before", "vorher gezeigt"),
        "office.anchoring.difference": (
            "{points} points more often when shown before (95 % interval {low} to {high})",
            "{points} Punkte häufiger, wenn vorher gezeigt (95-%-Intervall {low} bis {high})",
        ),
        # ---- deciding
        "decide.title": ("Decide", "Entscheiden"),
        "decide.queue": ("Texts that wait", "Wartende Texte"),
        "decide.empty": ("Nothing to decide", "Nichts zu entscheiden"),
        "decide.empty.note": (
            "Where answers differ, texts appear here by themselves.",
            "Wo Antworten abweichen, erscheinen Texte hier von selbst.",
        ),
        "decide.undo": ("Undo", "Rückgängig"),
        "decide.note": ("Note", "Notiz"),
        "decide.note.on": ("Note on this decision", "Notiz zu dieser Entscheidung"),
        "decide.next": ("Next text", "Nächster Text"),
        "decide.previous": ("Previous text", "Voriger Text"),
        "decide.place": ("{n} of {all}", "{n} von {all}"),
        "decide.answers": ("What people answered", "Was geantwortet wurde"),
        "decide.label": ("Decide for a label", "Für ein Label entscheiden"),
        "decide.search": ("Search {n} labels", "{n} Labels durchsuchen"),
        "decide.save": ("Decide", "Entscheiden"),
        "decide.save.none": ("Decide: none of these", "Entscheiden: keines davon"),
        "decide.why.disagreement": ("answers differ", "Antworten weichen ab"),
        "decide.why.discuss": ("needs discussion", "Redebedarf"),
        "decide.why.second look": ("the classifier doubts it", "das Modell zweifelt"),
        "decide.why.decided": ("decided", "entschieden"),
        "decide.skipped": ("skipped", "übersprungen"),
        "decide.none": ("none of these", "keines davon"),
        "decide.unsure": ("unsure", "unsicher"),
        "decide.discuss": ("needs discussion", "Redebedarf"),
        "decide.take": ("Take this answer", "Diese Antwort nehmen"),
        "decide.take.of": ("Decide as {name}: {labels}", "Wie {name} entscheiden: {labels}"),
        "decide.suggestion.reliability": (
            "Suggestion, people weighted by how reliable they seem: {labels}",
            "Vorschlag, nach geschätzter Verlässlichkeit gewichtet: {labels}",
        ),
        "decide.suggestion.majority": (
            "Suggestion, by majority: {labels}",
            "Vorschlag, nach Mehrheit: {labels}",
        ),
        "decide.suggestion.classifier": (
            "A classifier that did not see this text finds likelier: {labels}",
            "Ein Modell, das diesen Text nicht kannte, hält für wahrscheinlicher: {labels}",
        ),
        "decide.decided": ("Decided by {name}: {labels}", "Entschieden von {name}: {labels}"),
        "decide.saved": ("Decided: {labels}", "Entschieden: {labels}"),
        "decide.undone": ("Taken back", "Zurückgenommen"),
        "decide.saving": ("Saving …", "Wird gespeichert …"),
        "decide.unsaved": ("Not saved", "Nicht gespeichert"),
        "decide.unsaved.words": (
            "The decision is not saved yet. {why} Trying again by itself.",
            "Die Entscheidung ist noch nicht gespeichert. {why} Neuer Versuch von selbst.",
        ),
        "decide.refused": (
            "The decision was refused. {why}",
            "Die Entscheidung wurde abgelehnt. {why}",
        ),
        "decide.decided.head": ("Decided last", "Zuletzt entschieden"),
    }
)
"""Key -> its words in English and in German."""

extension NameBank {
    static let english = NameBank(
        titles: [
            "A N", "The N", "N of N", "V the N", "V Me", "A A N", "N & N", "My A N", "When the N V", "N",
            "Don't V My N",
            "V Till the N", "Into the A N", "No More N", "N in the N", "A Like a N", "# N", "We V", "Last N of the N",
            "All the A N", "How to V a N", "Somewhere A", "N, N, N", "A",
        ],
        artists: [
            "The A N", "F L", "F L", "F & the N", "N N", "A N", "DJ N", "The N", "Young N", "F N", "N #", "Saint F",
            "A F", "L", "F",
        ],
        adjectives: words(
            """
            Golden Broken Silent Electric Midnight Hollow Crimson Distant Gentle Wild Neon Paper Velvet Frozen Lonely
            Endless Burning Bitter Hidden Faded Silver Restless Sacred Southern Fearless Blue Honest Sleeping Amber
            Second Rolling Slow Perfect Ordinary Little Hungry Borrowed Secret Tender Reckless
            """),
        nouns: words(
            """
            River Mirror Summer Heart Highway Ghost Ocean Fire City Window Garden Thunder Shadow Diamond Morning Winter
            Rain Stranger Horizon Letter Machine Dream Avenue Satellite Promise Echo Signal Harbor Wolf Sunrise Engine
            Circus Kitchen Island Moon Desert Angel Weekend Photograph Radio Silence Mountain Train Feather Crown Map
            Lighthouse Bullet Honey Smoke
            """),
        verbs: words(
            """
            Follow Remember Break Chase Hold Burn Forget Carry Leave Call Find Steal Shake Save Paint Trust Lose Wake
            Dance_With Wait_For Run_From Believe Feel Fall Fly
            """),
        firstNames: words(
            """
            Ava Noah Mia Leo Ella Jack Ruby Owen Ivy Max Nora Theo Zoe Miles Clara Finn Alice Jude Stella Cole Hazel Ray
            Grace Otis June Sam Violet Dean Pearl Nick Zoë Chloé Björn Siân
            """),
        lastNames: words(
            """
            Carter Hayes Monroe Brooks Turner Wells Parker Stone Rivers Bennett Cole Murphy Ellis Grant Harper Quinn
            Sawyer Vaughn Whitman Fox O'Neill Marsh Blake Lane Winters Holt Crowe Lennox
            """))

    static let spanish = NameBank(
        titles: [
            "N A", "La N", "V Conmigo", "N y N", "Mi N", "Sin N", "V la N", "N de N", "¿Dónde Está la N?", "No V",
        ],
        artists: ["F L", "F L", "Grupo N", "La N A", "F", "DJ F"],
        adjectives: words(
            "Perdida Eterna Rota Dulce Prohibida Infinita Salvaje Última Tropical Callada Vacía Clandestina"),
        nouns: words(
            """
            Noche Luna Lluvia Canción Playa Calle Mañana Distancia Piel Corazón Rumba Estación Sombra Carta Ciudad Vida
            Pasión Bahía Habitación Tormenta
            """),
        verbs: words("Baila Vuelve Olvida Sueña Quédate Canta Respira Espera Llora Grita"),
        firstNames: words(
            "Lucía Mateo Sofía Andrés Valentina Joaquín Camila Raúl Inés Tomás Begoña Íker Martín Ximena"),
        lastNames: words("Fernández Muñoz Castaño Ibáñez Peña Rivas Quiñones Ortega Márquez Luján Zúñiga Ríos"))

    static let french = NameBank(
        titles: ["La N A", "N", "V-moi", "Sous la N", "Une N A", "N et N", "Jusqu'à la N", "Ma N", "Valse de la N"],
        artists: ["F L", "F L", "La N A", "F et la N", "Les Enfants de la N"],
        adjectives: words("Bleue Légère Oubliée Secrète Étoilée Fragile Dernière Première Sauvage Immobile Éternelle"),
        nouns: words(
            """
            Nuit Pluie Forêt Fenêtre Étoile Lumière Chanson Rivière Mémoire Île Saison Fête Neige Mer Poussière Aube
            Rêverie Gare
            """),
        verbs: words("Danse Rappelle Emmène Regarde Attends Écris Oublie Réveille"),
        firstNames: words("Élodie François Chloé Rémi Zoé Jérôme Inès Gaël Anaïs Théo Hélène Benoît Maëlle Loïc"),
        lastNames: words("Lefèvre Moreau Garçon Bélanger Dubois Rivière Béranger Noël Gauthier Fontaine Château"))

    static let german = NameBank(
        titles: ["N", "A N", "N #", "Über dem N", "V", "N im N", "Kein N", "Zurück zum N", "N & N"],
        artists: ["F L", "N", "A N", "N #", "Kollektiv N", "F"],
        adjectives: words("Grüner Später Schöner Dunkler Leiser Kühler Freier Müder Weißer Ewiger Fremder"),
        nouns: words(
            """
            Nebel Schatten Morgen Fluss Kreis Puls Mond Beton Traum Süden Winter Horizont Raum Strom Funke Bürgersteig
            Übergang Gleis Keller Sturm
            """),
        verbs: words("Tanzen Fliegen Träumen Fallen Vergessen Atmen Fühlen Schweben"),
        firstNames: words("Jürgen Käthe Björn Anja Lars Heidi Uwe Zoë Matthias Gül Sören Jana Tobias Mareike"),
        lastNames: words("Müller Schäfer Köhler Groß Böhm Weiß Krüger Lange Vogel Jäger Strauß Grün"))

    static let portuguese = NameBank(
        titles: ["N A", "A N", "V Comigo", "N e N", "Minha N", "Samba da N", "Canção da N", "N de N"],
        artists: ["F L", "F L", "F e F", "Trio N", "Os Filhos da N"],
        adjectives: words("Serena Azul Distante Sincera Morena Antiga Sozinha Eterna Tropical Vã"),
        nouns: words(
            """
            Praia Saudade Manhã Canção Chuva Ilha Janela Lua Paixão Solidão Estação Areia Avenida Ausência Maré Varanda
            """),
        verbs: words("Dança Volta Sonha Canta Espera Fica Vem Esquece"),
        firstNames: words("João Conceição Antônio Luísa Tomé Beatriz Nélson Inês Caetana Zé Flávia Otávio"),
        lastNames: words("Gonçalves Araújo Brandão Falcão Simões Assunção Mourão Lobão Peçanha Veríssimo"))
}

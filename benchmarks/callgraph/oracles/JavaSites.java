// Call sites of Java sources as javac itself attributes them, in the format of ../verdicts.py.
// Method references count as calls, and so do the calls of a superclass's constructor that javac itself adds. An edge has
// two fields more: the line where the expression starts, and its form (call, new, anonymous, reference, constructor). A
// constructor that the source does not write stands at its class.
// Usage: java JavaSites.java OUT.json CLASSPATH SOURCE_DIR...   (JDK 17 or later; CLASSPATH may be "")

import com.sun.source.tree.AnnotatedTypeTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.ParameterizedTypeTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import javax.lang.model.element.Element;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.type.TypeKind;
import javax.lang.model.util.Elements;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

public class JavaSites {
    public static void main(String[] arguments) throws Exception {
        List<File> sources = new ArrayList<>();
        for (int index = 2; index < arguments.length; index++) {
            try (Stream<Path> paths = Files.walk(Path.of(arguments[index]))) {
                paths.filter(JavaSites::isSource).sorted().forEach(path -> sources.add(path.toFile()));
            }
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
        StandardJavaFileManager files = compiler.getStandardFileManager(diagnostics, null, null);
        List<String> options = new ArrayList<>(List.of("-proc:none", "-Xmaxerrs", "100000", "-XDshould-stop.ifError=FLOW"));
        if (!arguments[1].isEmpty()) {
            options.addAll(List.of("-classpath", arguments[1]));
        }
        JavacTask task = (JavacTask) compiler.getTask(
            null, files, diagnostics, options, null, files.getJavaFileObjectsFromFiles(sources));
        List<CompilationUnitTree> units = new ArrayList<>();
        task.parse().forEach(units::add);
        task.analyze();
        List<String> edges = new ArrayList<>();
        List<String> sites = new ArrayList<>();
        for (CompilationUnitTree unit : units) {
            new Sites(unit, Trees.instance(task), task.getElements(), edges, sites).scan(unit, null);
        }
        try (PrintWriter out = new PrintWriter(arguments[0], StandardCharsets.UTF_8)) {
            out.println("{\"tool\":\"javac " + Runtime.version().feature() + "\",\"line_base\":1,\"columns\":\"name\",");
            out.println("\"edges\":[\n" + String.join(",\n", edges) + "],");
            out.println("\"sites\":{\n" + String.join(",\n", sites) + "}}");
        }
        long errors = diagnostics.getDiagnostics().stream().filter(d -> d.getKind() == Diagnostic.Kind.ERROR).count();
        System.err.printf("files %d, errors %d, edges %d, other sites %d%n", units.size(), errors, edges.size(), sites.size());
        diagnostics.getDiagnostics().stream().filter(d -> d.getKind() == Diagnostic.Kind.ERROR).limit(3)
            .forEach(d -> System.err.println(d.toString().lines().findFirst().orElse("")));
    }

    private static boolean isSource(Path path) {
        String name = path.getFileName().toString();
        return name.endsWith(".java") && !name.equals("module-info.java") && !name.equals("package-info.java");
    }

    private static final class Sites extends TreePathScanner<Void, Void> {
        private final CompilationUnitTree unit;
        private final Trees trees;
        private final Elements elements;
        private final SourcePositions positions;
        private final String text;
        private final List<String> edges;
        private final List<String> sites;
        private final Deque<MethodTree> methods = new ArrayDeque<>();

        Sites(CompilationUnitTree unit, Trees trees, Elements elements, List<String> edges, List<String> sites)
                throws IOException {
            this.unit = unit;
            this.trees = trees;
            this.elements = elements;
            this.edges = edges;
            this.sites = sites;
            positions = trees.getSourcePositions();
            text = unit.getSourceFile().getCharContent(true).toString();
        }

        @Override
        public Void visitMethod(MethodTree method, Void unused) {
            methods.push(method);
            super.visitMethod(method, unused);
            methods.pop();
            return null;
        }

        @Override
        public Void visitMethodInvocation(MethodInvocationTree call, Void unused) {
            ExpressionTree select = call.getMethodSelect();
            String name = nameOf(select);
            boolean constructor = name.equals("this") || name.equals("super");
            long at = select instanceof IdentifierTree
                ? positions.getStartPosition(unit, select)
                : positions.getEndPosition(unit, select) - name.length();
            report(call, at, trees.getElement(new TreePath(getCurrentPath(), select)), constructor ? "constructor" : "call");
            return super.visitMethodInvocation(call, unused);
        }

        @Override
        public Void visitNewClass(NewClassTree created, Void unused) {
            Tree named = created.getIdentifier();
            while (named instanceof ParameterizedTypeTree || named instanceof AnnotatedTypeTree) {
                named = named instanceof ParameterizedTypeTree
                    ? ((ParameterizedTypeTree) named).getType()
                    : ((AnnotatedTypeTree) named).getUnderlyingType();
            }
            String name = nameOf(named);
            long end = positions.getEndPosition(unit, named);
            long at = named instanceof IdentifierTree ? positions.getStartPosition(unit, named) : end - name.length();
            boolean anonymous = created.getClassBody() != null;
            report(created, at, trees.getElement(getCurrentPath()), anonymous ? "anonymous" : "new");
            return super.visitNewClass(created, unused);
        }

        @Override
        public Void visitMemberReference(MemberReferenceTree reference, Void unused) {
            int length = reference.getMode() == MemberReferenceTree.ReferenceMode.NEW ? 3 : reference.getName().length();
            long at = positions.getEndPosition(unit, reference) - length;
            report(reference, at, trees.getElement(getCurrentPath()), "reference");
            return super.visitMemberReference(reference, unused);
        }

        private static String nameOf(Tree tree) {
            return tree instanceof MemberSelectTree ? ((MemberSelectTree) tree).getIdentifier().toString() : tree.toString();
        }

        private void report(Tree site, long at, Element target, String form) {
            if (at < 0) {
                return;
            }
            LineMap lines = unit.getLineMap();
            long line = lines.getLineNumber(at);
            if (target == null || target.asType().getKind() == TypeKind.ERROR) {
                sites.add(site(line, at) + ":null");
                return;
            }
            TreePath path = trees.getPath(target);
            if (path == null && target instanceof ExecutableElement) {
                path = component((ExecutableElement) target);
            }
            if (path == null) {
                sites.add(site(line, at) + ":\"ext\"");
                return;
            }
            long caller = methods.isEmpty() ? 0 : lines.getLineNumber(positions.getStartPosition(unit, methods.peek()));
            long expression = lines.getLineNumber(positions.getStartPosition(unit, site));
            edges.add("[" + quoted(unit) + "," + caller + "," + place(target, path) + "," + line + "," + expression
                + ",\"" + form + "\"]");
            sites.add(site(line, at) + ":[" + place(target, path) + "]");
        }

        /** The component of a record whose accessor the source does not write. */
        private TreePath component(ExecutableElement accessor) {
            TreePath record = elements.recordComponentFor(accessor) == null ? null : trees.getPath(accessor.getEnclosingElement());
            if (record != null && record.getLeaf() instanceof ClassTree) {
                for (Tree member : ((ClassTree) record.getLeaf()).getMembers()) {
                    if (member instanceof VariableTree && ((VariableTree) member).getName().equals(accessor.getSimpleName())) {
                        return new TreePath(record, member);
                    }
                }
            }
            return null;
        }

        private String site(long line, long at) {
            int start = (int) unit.getLineMap().getStartPosition(line);
            int column = text.substring(start, (int) at).getBytes(StandardCharsets.UTF_8).length + 1;
            return "\"" + unit.getSourceFile().getName() + ":" + line + ":" + column + "\"";
        }

        private String place(Element target, TreePath path) {
            boolean written = elements.getOrigin(target) == Elements.Origin.EXPLICIT || path.getLeaf() instanceof VariableTree;
            TreePath shown = written ? path : trees.getPath(target.getEnclosingElement());
            CompilationUnitTree where = path.getCompilationUnit();
            long start = positions.getStartPosition(where, (shown == null ? path : shown).getLeaf());
            return quoted(where) + "," + where.getLineMap().getLineNumber(start);
        }

        private static String quoted(CompilationUnitTree unit) {
            return "\"" + unit.getSourceFile().getName() + "\"";
        }
    }
}
